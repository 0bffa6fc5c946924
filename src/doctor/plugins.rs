//! What MPD was built with, and has not switched off: decoders here, and what reads playlists as
//! far as `relay` has seen it.

use super::Check;
use super::mpd::Mpds;
use super::relay::Reading;

/// Whether MPD can decode what YouTube serves.
pub(super) fn decoders(mpds: &Mpds) -> Check {
    const NAME: &str = "decoders";
    match mpds.first() {
        None => Check::warning(NAME, "not known: MPD is not reached", "see MPD"),
        Some(mpd) if mpd.decoders.is_empty() => {
            Check::warning(NAME, "not known: MPD does not let us ask", "see MPD")
        }
        Some(mpd) => judge_decoders(NAME, &mpd.decoders),
    }
}

fn judge_decoders(name: &'static str, decoders: &[(String, String)]) -> Check {
    let has = |types: [&str; 2]| {
        decoders.iter().any(|(key, value)| key == "mime_type" && types.contains(&value.as_str()))
    };
    // A suffix would not do: a plugin for DSD in m4a has that one too.
    let (webm, mp4) = (has(["video/webm", "audio/webm"]), has(["audio/mp4", "audio/m4a"]));
    let todo =
        "take `decoder { plugin \"ffmpeg\" enabled \"no\" }` out of mpd.conf, or install an MPD with FFmpeg";
    match (webm, mp4) {
        (true, true) => Check::ok(name, "webm (Opus) and m4a (AAC)"),
        (true, false) => Check::warning(name, "no m4a (AAC): songs that have no Opus fail", todo),
        (false, true) => Check::failure(name, "no webm (Opus), which is what songs come in", todo),
        (false, false) => Check::failure(name, "neither webm (Opus) nor m4a (AAC): no song plays", todo),
    }
}

/// Whether MPD reads playlists by HTTP, in the formats that the relay has them in.
pub(super) fn playlists(reading: Option<&Reading>, mpds: &Mpds) -> Check {
    const NAME: &str = "plugins";
    let handlers = mpds.first().map(|mpd| mpd.handlers.as_slice()).unwrap_or_default();
    let curl = "take `input { plugin \"curl\" enabled \"no\" }` out of mpd.conf, or install an MPD with curl";
    if !handlers.is_empty() && !handlers.iter().any(|(_, handler)| handler == "http://") {
        return Check::failure(NAME, "no curl: MPD reads nothing by HTTP", curl);
    }
    match reading {
        None => Check::warning(NAME, "not tried: MPD was not asked to read from the relay", "see relay"),
        // FFmpeg reads HTTP as well, but neither seeks nor tells what it reads.
        Some(reading) if reading.came_by("Lavf/") => {
            Check::failure(NAME, "no curl: MPD reads HTTP with FFmpeg, which does not do for playlists", curl)
        }
        Some(Reading { pls: false, .. }) => Check::failure(
            NAME,
            "no pls: virtual playlists cannot be loaded",
            "take `playlist_plugin { name \"pls\" enabled \"false\" }` out of mpd.conf",
        ),
        Some(Reading { xspf: false, .. }) => Check::warning(
            NAME,
            "no xspf: `searchplaylist` finds nothing in virtual playlists",
            "take `playlist_plugin { name \"xspf\" enabled \"false\" }` out of mpd.conf, or install an MPD with it",
        ),
        Some(_) => Check::ok(NAME, "curl, pls and xspf"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn decoders_are_told_by_their_types() {
        for (types, state, found) in [
            (&["audio/mp4", "video/webm"][..], State::Ok, "webm (Opus) and m4a"),
            (&["audio/m4a", "audio/webm"], State::Ok, "webm (Opus) and m4a"),
            (&["video/webm", "audio/aac"], State::Warning, "no m4a"),
            (&["audio/mp4"], State::Failure, "no webm"),
            (&["audio/mpeg", "audio/opus"], State::Failure, "neither"),
        ] {
            // A plugin with the right suffixes alone, as `hybrid_dsd` has them.
            let named = [("plugin", "hybrid_dsd"), ("suffix", "m4a"), ("suffix", "webm")].into_iter();
            let pairs = named.chain(types.iter().map(|kind| ("mime_type", *kind)));
            let pairs: Vec<_> = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            let check = judge_decoders("decoders", &pairs);
            assert!(check.state == state && check.found.starts_with(found), "{types:?}: {check:?}");
        }
    }
}
