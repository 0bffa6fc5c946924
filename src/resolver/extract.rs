//! Finds streams with `yt-dlp`.

use std::pin::Pin;
use std::time::SystemTime;

use tokio::sync::mpsc;

use super::{Extract, Fault, Stream, Way, info};
use crate::config;
use crate::library::{Track, VideoId};
use crate::ytdlp::YtDlp;

/// [`Extract`] by a run of `yt-dlp` for each video.
#[derive(Debug)]
pub struct YtDlpExtract {
    ytdlp: YtDlp,
    /// `-f`.
    format: String,
    /// As the arguments say.
    way: Way,
    /// Where it goes what a run tells of the song itself.
    songs: Option<mpsc::Sender<Track>>,
}

impl YtDlpExtract {
    /// Runs `ytdlp` for the format that the configuration names.
    pub fn new(ytdlp: YtDlp, config: &config::Resolver) -> Self {
        Self { ytdlp, format: config.format.clone(), way: Way::chosen(config), songs: None }
    }

    /// The same, which tells `songs` what it has learned of each song beside its stream; what does
    /// not fit is left out.
    pub fn telling(self, songs: mpsc::Sender<Track>) -> Self {
        Self { songs: Some(songs), ..self }
    }

    async fn run(&self, video: VideoId) -> Result<Stream, Fault> {
        let url = format!("https://music.youtube.com/watch?v={video}");
        let options = ["--no-playlist", "-f", &self.format];
        let output = self.ytdlp.dump(&options, &url).await.map_err(|error| Fault::from(&error))?;
        if let Some(songs) = &self.songs
            && let Some(track) = info::track(&output.stdout, video)
        {
            // Full or closed: nobody waits for it.
            let _ = songs.try_send(track);
        }
        let stream = info::stream(&output.stdout, SystemTime::now())
            .map(|stream| Stream { way: self.way.or(&stream.way), ..stream });
        // A stream is one even if something failed after it was printed: cookies that could not be
        // written back, for instance.
        if output.success { stream } else { stream.map_err(|_| output.fault()) }
    }
}

impl Extract for YtDlpExtract {
    fn extract(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Result<Stream, Fault>> + Send + '_>> {
        Box::pin(self.run(video))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::resolver::FaultKind;

    const AMPLE: Duration = Duration::from_secs(20);

    async fn check(command: &[&str], timeout: Duration) -> Result<Stream, Fault> {
        let config = config::Resolver {
            command: command.iter().map(ToString::to_string).collect(),
            args: vec!["--force-ipv4".to_owned()],
            format: "bestaudio".to_owned(),
            workers: 1,
            timeout,
            prefetch: 0,
        };
        let extract = YtDlpExtract::new(YtDlp::new(&config), &config);
        extract.extract("dQw4w9WgXcQ".parse().unwrap()).await
    }

    #[tokio::test]
    async fn the_command_line_asks_for_one_video() {
        // The arguments come back as the format's name.
        let script = r#"printf '{"url": "https://h/", "format_id": "%s"}' "$*""#;
        let stream = check(&["sh", "-c", script, "yt-dlp"], AMPLE).await.unwrap();
        assert_eq!(
            stream.format,
            "--ignore-config --no-progress --no-update -J --no-playlist -f bestaudio --socket-timeout 10 \
             --extractor-retries 1 --force-ipv4 -- https://music.youtube.com/watch?v=dQw4w9WgXcQ"
        );
    }

    #[tokio::test]
    async fn a_stream_counts_whatever_fails_after_it() {
        let script = r#"echo '{"url": "https://h/", "format_id": "251"}'; echo Traceback >&2; exit 1"#;
        assert_eq!(check(&["sh", "-c", script], AMPLE).await.unwrap().format, "251");
    }

    #[tokio::test]
    async fn a_stream_is_to_be_read_from_where_it_was_found() {
        let script = r#"echo '{"url": "https://h/?ip=2001%3Adb8%3A%3A1"}'"#;
        let direct = check(&["sh", "-c", script], AMPLE).await.unwrap().way;
        assert_eq!(direct, Way::of_family("::1".parse().unwrap()));
        let over_proxy =
            check(&["sh", "-c", script, "yt-dlp", "--proxy", "http://p:1"], AMPLE).await.unwrap().way;
        assert_eq!((over_proxy.proxy.unwrap().reveal(), over_proxy.from), ("http://p:1", None));
    }

    #[tokio::test]
    async fn each_way_to_fail_is_told_apart() {
        let blink = Duration::from_millis(50);
        let removed = "echo null; echo 'ERROR: [youtube] x: Video unavailable' >&2; exit 1";
        for (command, timeout, kind, reason) in [
            (&["sh", "-c", removed][..], AMPLE, FaultKind::Refused, "Video unavailable"),
            (&["sh", "-c", "kill -9 $$"], AMPLE, FaultKind::Passing, "yt-dlp ended"),
            (&["echo", "rubbish"], AMPLE, FaultKind::Setup, "what yt-dlp wrote"),
            (&["sh", "-c", "sleep 60"], blink, FaultKind::Passing, "`sh` did not finish within 50ms"),
            (&["sh", "-c", "cat /dev/zero"], AMPLE, FaultKind::Setup, "`sh` wrote more than"),
            (&["/no/yt-dlp"], AMPLE, FaultKind::Setup, "cannot run `/no/yt-dlp`: No such file"),
        ] {
            let fault = check(command, timeout).await.unwrap_err();
            assert_eq!(fault.kind, kind, "{command:?}");
            assert!(fault.reason.starts_with(reason), "{fault}");
        }
    }
}
