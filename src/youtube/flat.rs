//! The second source: `yt-dlp --flat-playlist`.
//!
//! Follows YouTube's changes sooner than we can, and knows less: one artist, no album, nothing
//! that tells two rows of the same video apart.

use std::sync::Arc;
use std::time::Duration;

use super::error::FlatError;
use super::lean::Json;
use super::{Extent, Listed, Row, Rows, lean, most_rows, picture, row, text};
use crate::library::{Entry, PlaylistId, Track};
use crate::ytdlp::YtDlp;

/// How long a listing may take: it is a request for each 100 rows, one after the other.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Lists the playlist.
pub(super) async fn list(ytdlp: &YtDlp, id: &PlaylistId) -> Result<Listed, FlatError> {
    let url = format!("https://www.youtube.com/playlist?list={id}");
    // A mix never ends.
    let rows = format!(":{}", most_rows(id));
    let ytdlp = ytdlp.clone().with_timeout(TIMEOUT);
    let output = ytdlp.dump(&["--flat-playlist", "-I", &rows], &url).await.map_err(FlatError::Run)?;
    if !output.success {
        return Err(FlatError::Failed(output.fault()));
    }
    let mut listed = read(&output.stdout)?;
    if is_cut(&output.stderr) {
        listed.extent = Extent::Cut;
    }
    listed.rows.entries.truncate(most_rows(id));
    Ok(listed)
}

/// Whether it says that it got no answer for the rest of the playlist. It warns of that, and calls
/// the run a success. A line for each try comes before that; the next may have had one.
fn is_cut(stderr: &str) -> bool {
    stderr.lines().any(|line| line.contains("Incomplete data received") && !line.contains("Retrying"))
}

/// Reads what `yt-dlp -J` wrote.
pub(super) fn read(bytes: &[u8]) -> Result<Listed, FlatError> {
    let arena = lean::arena(bytes);
    let playlist = lean::parse(bytes, &arena).map_err(FlatError::Json)?;
    let mut rows = Rows::default();
    for entry in playlist.at("entries").as_array().ok_or(FlatError::Shape)? {
        rows.push(song(entry));
    }
    rows.make_sense().map_err(|_| FlatError::Shape)?;
    // Some of them have no title now and then. If most have none, it is YouTube that changed, and what
    // is known of the playlist is worth more.
    let titled = rows.entries.iter().filter(|entry| *entry.track.title != *entry.track.id.as_str()).count();
    if titled < rows.entries.len() - titled {
        return Err(FlatError::Shape);
    }
    let title = playlist.at("title").as_str().and_then(text::line);
    Ok(Listed { title, rows, extent: Extent::Whole })
}

fn song(entry: &Json<'_>) -> Row {
    let title = entry.at("title").as_str().and_then(text::line);
    if title.as_deref().is_some_and(row::is_placeholder) {
        return Row::Unavailable;
    }
    let id = entry.at("id").as_str().and_then(|id| id.parse().ok());
    let Some(id) = id else { return Row::Bad };
    let seconds = entry.at("duration").as_f64().filter(|seconds| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let track = Track {
        title: title.unwrap_or_else(|| Track::placeholder(id).title),
        id,
        artists: artist(entry).into_iter().collect(),
        album: None,
        duration: duration.filter(|duration| *duration <= Track::LONGEST),
        thumbnail: picture::best(entry.at("thumbnails")),
    };
    Row::Song(Entry { track: Arc::new(track), set_video_id: None })
}

/// The channel; YouTube makes one called `NAME - Topic` for each artist.
fn artist(entry: &Json<'_>) -> Option<Box<str>> {
    let channel = entry.at("channel").as_str().or_else(|| entry.at("uploader").as_str())?;
    text::line(channel.strip_suffix(" - Topic").unwrap_or(channel))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::youtube::recorded;

    #[test]
    fn entries_of_many_kinds() -> Result<(), FlatError> {
        let answer = json!({"_type": "playlist", "title": " My\nlist ", "entries": [
            {"id": "aaaaaaaaaaa", "title": "One", "duration": 61, "channel": "X - Topic",
                "thumbnails": [{"url": "https://i.ytimg.com/1", "width": 168}, {"url": "https://i.ytimg.com/2", "width": 336}]},
            {"id": "bbbbbbbbbbb", "title": "[Private video]", "duration": null, "channel": null},
            {"id": "ccccccccccc", "title": "[Deleted video]"},
            null,
            {"id": "ddddddddddd", "title": "Two", "duration": 1.5, "channel": null, "uploader": "Y"},
            {"id": "eeeeeeeeeee", "title": "Three", "duration": 1e9, "thumbnails": 3},
            {"id": "fffffffffff", "title": null, "duration": 7},
            {"id": "PLnested", "title": "A list in the list"},
        ]});
        let listed = read(answer.to_string().as_bytes())?;
        assert_eq!(listed.title.as_deref(), Some("My list"));
        assert_eq!((listed.rows.unavailable, listed.rows.skipped), (2, 2));
        let songs: Vec<_> = listed.rows.entries.iter().map(|entry| &*entry.track).collect();
        let told = |track: &Track| (track.title.to_string(), track.artists.to_vec(), track.duration);
        assert_eq!(told(songs[0]), ("One".into(), vec!["X".into()], Some(Duration::from_secs(61))));
        assert_eq!(songs[0].thumbnail.as_deref(), Some("https://i.ytimg.com/2"));
        assert_eq!(told(songs[1]), ("Two".into(), vec!["Y".into()], Some(Duration::from_millis(1500))));
        assert_eq!(told(songs[2]), ("Three".into(), vec![], None));
        let untitled = told(songs[3]);
        assert_eq!(untitled, ("fffffffffff".into(), vec![], Some(Duration::from_secs(7))), "it plays");
        Ok(())
    }

    #[test]
    fn a_recorded_answer() -> Result<(), FlatError> {
        let Some(bytes) = recorded("synthetic/ytdlp_J_flat_playlist_250.json") else { return Ok(()) };
        let listed = read(&bytes)?;
        assert_eq!(listed.title.as_deref(), Some("Fake PL"));
        assert_eq!((listed.rows.entries.len(), listed.rows.unavailable, listed.rows.skipped), (250, 0, 0));
        let last = &listed.rows.entries[249].track;
        assert_eq!(
            (&*last.title, &*last.artists[0], last.duration),
            ("Track 250", "Artist 5", Some(Duration::from_secs(190)))
        );
        Ok(())
    }

    #[test]
    fn what_is_no_playlist() {
        assert!(matches!(read(b"null"), Err(FlatError::Shape)));
        assert!(matches!(read(b""), Err(FlatError::Json(_))));
        assert!(matches!(read(br#"{"entries":[{"id":"x"}]}"#), Err(FlatError::Shape)));
        assert!(read(br#"{"entries":[]}"#).is_ok());
        let untitled = br#"{"entries":[{"id":"aaaaaaaaaaa","title":null},{"id":"bbbbbbbbbbb"},{"id":"ccccccccccc","title":"C"}]}"#;
        assert!(matches!(read(untitled), Err(FlatError::Shape)));
    }
}
