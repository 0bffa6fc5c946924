//! What `yt-dlp` complains about on its standard error, as a [`Fault`]: of a song or a playlist.
//!
//! Its exit code is 1 whatever happened, so the class is read from its text. The `ERROR:` line of
//! one video holds YouTube's own sentence, in English since `yt-dlp` asks for `hl=en`; where it
//! says nothing (`Failed to extract any player response` stands for a dead network and for a rate
//! limit alike) the cause is in the `WARNING:` lines before it.

use std::time::Duration;

use FaultKind::{BackOff, Gone, Passing, Refused, Setup, SignIn, Unclear};

use super::{Fault, FaultKind};

/// YouTube doubts this address or session; asking on makes it worse.
const BOT_CHECK: Duration = Duration::from_secs(15 * 60);
/// "For up to an hour", says `yt-dlp`.
const RATE_LIMITED: Duration = Duration::from_secs(60 * 60);
/// HTTP 429 without a word on how long; repeated ones double it.
const TOO_MANY_REQUESTS: Duration = Duration::from_secs(60);

/// The reason is shown on one line by MPD clients.
const LONGEST_REASON: usize = 200;

/// What YouTube's sentence holds, in lower case, and what it means. The first match counts; without
/// any, it is `Refused`.
///
/// `SignIn` is what an account may help with, a paying one for Premium and members' songs. A
/// private video is `Gone`: it asks for a sign-in too, but only its owner's friends' would do.
const SENTENCES: &[(&str, FaultKind)] = &[
    ("not a bot", BackOff(BOT_CHECK)),
    ("captcha challenge", BackOff(BOT_CHECK)),
    ("rate-limited", BackOff(RATE_LIMITED)),
    ("available, try again later", BackOff(RATE_LIMITED)),
    ("unusual traffic", BackOff(BOT_CHECK)),
    ("try again later", Passing),
    ("something went wrong", Passing),
    ("private", Gone),
    ("confirm your age", SignIn),
    ("music premium", SignIn),
    ("join this channel", SignIn),
    ("sign in", Refused),
    ("removed", Gone),
    ("no longer available", Gone),
    ("in your country", Gone),
    ("does not exist", Gone),
    ("drm protected", Gone),
    ("live event will begin", Gone),
    ("premieres in", Gone),
    ("cookie", Setup),
    ("unsupported url", Setup),
];

/// Sentences of `yt-dlp` itself that hide the cause.
const BLANKET: &[&str] = &[
    "failed to extract any player response",
    "unable to download",
    "no video formats found",
    "requested format is not available",
];

/// What any line may hold, in lower case, what it means, and how to say it. The first match
/// counts. The words for one cause depend on the Python packages that `yt-dlp` finds. Without a
/// network the warnings about JavaScript and cookies stand there as well.
const CAUSES: &[(&str, FaultKind, &str)] = &[
    ("http error 429", BackOff(TOO_MANY_REQUESTS), "too many requests to YouTube (HTTP error 429)"),
    ("failed to resolve", Passing, NO_NAME),
    ("name or service not known", Passing, NO_NAME),
    ("name resolution", Passing, NO_NAME),
    ("no address associated", Passing, NO_NAME),
    ("certificate_verify_failed", Passing, "YouTube's certificate cannot be verified: check the clock"),
    ("timed out", Passing, "YouTube did not answer in time"),
    ("unable to connect", Passing, NO_CONNECTION),
    ("connection refused", Passing, NO_CONNECTION),
    ("connection reset", Passing, NO_CONNECTION),
    ("connection aborted", Passing, NO_CONNECTION),
    ("end closed connection", Passing, NO_CONNECTION),
    ("tunnel connection failed", Passing, NO_CONNECTION),
    ("no route to host", Passing, NO_CONNECTION),
    ("is unreachable", Passing, NO_CONNECTION),
    ("http error 5", Passing, "an error at YouTube (HTTP error 5xx)"),
    ("http error 403", Passing, "YouTube refuses to answer (HTTP error 403)"),
    // A song that needs the account says so itself; without that word it hits every song.
    ("cookies are no longer valid", Setup, "the account's cookies are no longer valid: export them again"),
    ("no supported javascript runtime", Setup, "yt-dlp found no JavaScript runtime: install deno"),
    ("challenge solving failed", Setup, NO_CHALLENGE),
    ("signature solving failed", Setup, NO_CHALLENGE),
    // As those of before November 2025 have it, which had no runtime.
    ("nsig extraction failed", Setup, NO_CHALLENGE),
    ("signature extraction failed", Setup, NO_CHALLENGE),
    ("sabr-only", Setup, NO_URLS),
    ("forcing sabr", Setup, NO_URLS),
    ("no video formats found", Unclear, NO_FORMAT),
    ("only images are available", Unclear, NO_FORMAT),
    ("not available on this app", Unclear, "YouTube refuses what this yt-dlp claims to be: update yt-dlp"),
    ("needs to be reloaded", Passing, "YouTube wants its page to be reloaded: update yt-dlp"),
    ("http error 400", Unclear, "YouTube does not take what yt-dlp asks (HTTP error 400)"),
    ("http error 404", Unclear, "YouTube does not have what yt-dlp asks for (HTTP error 404)"),
];

const NO_NAME: &str = "cannot find YouTube's servers: no network, or DNS fails";
const NO_CONNECTION: &str = "cannot connect to YouTube";
const NO_URLS: &str = "YouTube offers no format that this yt-dlp can read: update yt-dlp";
const NO_FORMAT: &str = "yt-dlp found no format: update yt-dlp";
const NO_CHALLENGE: &str = "yt-dlp cannot solve YouTube's challenge: update yt-dlp and deno";

/// An old `yt-dlp` does not understand today's formats, nor each of the filters.
const NOT_CHOSEN: &str = "none of its formats fits `resolver.format`, or yt-dlp is too old";

/// Where `yt-dlp` begins to give advice on its own command line.
const ADVICE: &[&str] = &[
    " Use --",
    "; please report",
    " See http",
    " For more information",
    " It is recommended",
    " You might want",
    " Confirm you are on",
    " (caused by",
];

/// Why a run that failed did, from all that it wrote to its standard error.
pub(super) fn fault(stderr: &str) -> Fault {
    let Some(error) = stderr.lines().find_map(|line| line.strip_prefix("ERROR: ")) else {
        return misuse(stderr).or_else(|| cause(stderr)).unwrap_or_else(|| Fault {
            kind: Passing,
            reason: "yt-dlp ended without saying why".to_owned(),
        });
    };
    let (from_youtube, said) = match after_extractor(error) {
        Some(said) => (true, said),
        None => (false, error),
    };
    let reason = clean(said);
    let lower = reason.to_lowercase();
    let sentence = SENTENCES.iter().find(|(holds, _)| lower.contains(holds));
    if let Some((_, kind)) = sentence {
        return Fault { kind: *kind, reason };
    }
    // What `yt-dlp` asks to report is its own failure to understand YouTube, about this song or
    // any; and a newer one may do better.
    let is_its_own = error.contains("please report");
    let reason = if is_its_own { format!("{}: update yt-dlp", reason.trim_end_matches('.')) } else { reason };
    if BLANKET.iter().any(|blanket| lower.contains(blanket)) {
        return cause(stderr).unwrap_or_else(|| blanket(reason));
    }
    if let Some(fault) = cause(said) {
        return fault;
    }
    // What it foresees is YouTube's refusal.
    let kind = match (from_youtube, is_its_own) {
        (true, false) => Refused,
        (true, true) => Unclear,
        (false, _) => Setup,
    };
    Fault { kind, reason }
}

/// Arguments or surroundings that it cannot work with: it prints its usage, or Python a traceback.
fn misuse(stderr: &str) -> Option<Fault> {
    let setup = |reason| Some(Fault { kind: Setup, reason });
    let usage = stderr.lines().find_map(|line| line.split_once(": error: "));
    if let Some((_, complaint)) = usage {
        return setup(format!(
            "yt-dlp does not take its arguments: {}; check `resolver.args`",
            clean(complaint)
        ));
    }
    if !stderr.contains("Traceback (most recent call last)") {
        return None;
    }
    let raised = stderr
        .lines()
        .rev()
        .find(|line| line.split_once(": ").is_some_and(|(class, _)| !class.contains(char::is_whitespace)));
    let raised = clean(raised.unwrap_or("Traceback"));
    let hint = if raised.contains("Invalid format specification") { "; check `resolver.format`" } else { "" };
    setup(format!("yt-dlp broke down: {raised}{hint}"))
}

fn cause(stderr: &str) -> Option<Fault> {
    let lower = stderr.to_lowercase();
    let (_, kind, reason) = CAUSES.iter().find(|(holds, ..)| lower.contains(holds))?;
    Some(Fault { kind: *kind, reason: (*reason).to_owned() })
}

fn blanket(reason: String) -> Fault {
    if reason.starts_with("Requested format") {
        return Fault { kind: Unclear, reason: NOT_CHOSEN.to_owned() };
    }
    Fault { kind: Passing, reason }
}

/// The text after `[extractor] ID: `, if an extractor speaks.
fn after_extractor(error: &str) -> Option<&str> {
    let (extractor, said) = error.strip_prefix('[')?.split_once("] ")?;
    if extractor.contains(char::is_whitespace) {
        return None;
    }
    match said.split_once(": ") {
        Some((id, rest)) if !id.contains(char::is_whitespace) => Some(rest),
        _ => Some(said),
    }
}

/// One line without advice, URLs (they may hold secrets) and control characters.
fn clean(text: &str) -> String {
    let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let advice = ADVICE.iter().filter_map(|mark| spaced.find(mark)).min();
    let said = advice.and_then(|at| spaced.get(..at)).unwrap_or(&spaced);
    let said = said.split(' ').filter(|word| !word.contains("://")).collect::<Vec<_>>().join(" ");
    let said = said.trim_end_matches([' ', ',', ';', ':']);
    said.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the real yt-dlp 2026.10.26 wrote, by the file's own headings and in its order.
    const MATRIX: &str = include_str!("../../tests/data/ytdlp_stderr_matrix.txt");

    #[test]
    fn each_complaint_has_its_kind_and_reason() {
        let no_answer = "Failed to extract any player response";
        let expected = [
            (
                "private0000",
                Gone,
                "This video is private. Sign in if you've been granted access to this video.",
            ),
            ("removed0000", Gone, "Video unavailable. This video has been removed by the uploader"),
            (
                "terminated0",
                Gone,
                "Video unavailable. This video is no longer available because the YouTube account associated with this video has been terminated.",
            ),
            (
                "agegated000",
                SignIn,
                "Sign in to confirm your age. This video may be inappropriate for some users.",
            ),
            ("geoblocked0", Gone, "The uploader has not made this video available in your country"),
            ("botcheck000", BackOff(BOT_CHECK), "Sign in to confirm you’re not a bot."),
            (
                "ratelimit00",
                BackOff(RATE_LIMITED),
                "This content isn't available, try again later. The current session has been rate-limited by YouTube for up to an hour.",
            ),
            ("premium0000", SignIn, "This video is only available to Music Premium members"),
            (
                "members0000",
                SignIn,
                "Join this channel to get access to members-only content like this video, and other exclusive perks.",
            ),
            ("liveoffline", Gone, "This live event will begin in 3 hours."),
            ("vunavail000", Refused, "Video unavailable"),
            (
                "copyright00",
                Gone,
                "Video unavailable. This video contains content from SME, who has blocked it in your country on copyright grounds",
            ),
            ("videoonly00", Unclear, NOT_CHOSEN),
            ("sabronly000", Unclear, "yt-dlp found no format: update yt-dlp"),
            ("preroll0000", Passing, "yt-dlp ended without saying why"),
            ("http429xxxx", Passing, no_answer),
            ("http403xxxx", Passing, no_answer),
            ("http500xxxx", Passing, no_answer),
            ("network down (connection refused)", Passing, no_answer),
            ("dns down (no proxy, sandbox without internet)", Passing, no_answer),
            ("socket timeout", Passing, no_answer),
            ("bad url", Refused, "'notaurl' is not a valid URL"),
            ("bad id len", Refused, "Incomplete YouTube ID short. URL looks truncated."),
            ("unsupported url (generic html no media)", Setup, "Unsupported URL"),
            ("404 generic", Unclear, "YouTube does not have what yt-dlp asks for"),
            (
                "bad option",
                Setup,
                "yt-dlp does not take its arguments: no such option: --no-such-option; check `resolver.args`",
            ),
            (
                "no args",
                Setup,
                "yt-dlp does not take its arguments: You must provide at least one URL.; check `resolver.args`",
            ),
            ("bad format not available", Unclear, NOT_CHOSEN),
            (
                "invalid format spec",
                Setup,
                "yt-dlp broke down: SyntaxError: Invalid format specification: Missing closing/opening brackets or parenthesis; check `resolver.format`",
            ),
            (
                "cookie file missing",
                Setup,
                "yt-dlp broke down: FileNotFoundError: [Errno 2] No such file or directory: '/nonexistent/c.txt'",
            ),
            ("cookie file bad format", Setup, "Cookies file must be Netscape formatted, not JSON."),
            ("cookies-from-browser missing", Setup, "could not find firefox cookies database in"),
            (
                "no js runtime (default clients), warnings on",
                Setup,
                "yt-dlp found no JavaScript runtime: install deno",
            ),
            ("playlist missing", Unclear, "YouTube does not have what yt-dlp asks for"),
            ("playlist private", Unclear, "YouTube does not have what yt-dlp asks for"),
            ("SIGTERM while running", Passing, "yt-dlp ended without saying why"),
            ("SIGINT while running", Setup, "Interrupted by user"),
            ("http429xxxx", BackOff(TOO_MANY_REQUESTS), "too many requests to YouTube (HTTP error 429)"),
            ("http403xxxx", Passing, "YouTube refuses to answer (HTTP error 403)"),
            ("http500xxxx", Passing, "an error at YouTube (HTTP error 5xx)"),
            ("sabronly000", Setup, "YouTube offers no format that this yt-dlp can read: update yt-dlp"),
            ("videoonly00", Unclear, NOT_CHOSEN),
            ("network down (connection refused by proxy)", Passing, NO_CONNECTION),
            ("dns down", Passing, NO_NAME),
            ("socket timeout", Passing, "YouTube did not answer in time"),
            ("TLS verify failure", Passing, "YouTube's certificate cannot be verified: check the clock"),
            ("playlist missing", Gone, "YouTube said: The playlist does not exist."),
            ("playlist private", Gone, "YouTube said: This playlist is private."),
            ("SIGINT while running (direct)", Passing, "YouTube did not answer in time"),
        ];
        let sections = MATRIX.split("\n### ").map(|text| text.trim_start_matches("### "));
        let mut count = 0;
        for ((name, kind, reason), section) in expected.iter().zip(sections) {
            let (heading, stderr) = section.split_once('\n').unwrap();
            assert_eq!(heading, *name);
            let fault = fault(stderr);
            assert_eq!(fault.kind, *kind, "{name}");
            assert!(fault.reason.starts_with(reason), "{name}: {}", fault.reason);
            count += 1;
        }
        assert_eq!((count, expected.len()), (MATRIX.matches("### ").count() - 1, count));
    }

    #[test]
    fn what_the_matrix_lacks() {
        for (stderr, kind, reason) in [
            ("", Passing, "yt-dlp ended without saying why"),
            ("\u{fffd}\u{fffd} rubbish ERROR", Passing, "yt-dlp ended without saying why"),
            (
                "ERROR: [youtube] abc: YouTube is requiring a captcha challenge before playback",
                BackOff(BOT_CHECK),
                "YouTube is requiring a captcha challenge before playback",
            ),
            ("ERROR: [youtube] abc: This video is DRM protected", Gone, "This video is DRM protected"),
            ("ERROR: [youtube] abc: Brand new refusal.\nMore.", Refused, "Brand new refusal."),
            (
                "ERROR: [youtube] abc: 'NoneType' has no x; please report this issue on  https://x/y , filling",
                Unclear,
                "'NoneType' has no x: update yt-dlp",
            ),
            (
                "ERROR: [youtube] abc: An extractor error has occurred. (caused by KeyError('x')); please report this issue on  https://x/y , filling out the appropriate issue template. Confirm you are on the latest version using  yt-dlp -U",
                Unclear,
                "An extractor error has occurred: update yt-dlp",
            ),
            (
                "ERROR: [youtube] abc: Failed to extract any player response; please report this issue on  https://x/y",
                Passing,
                "Failed to extract any player response: update yt-dlp",
            ),
            (
                "ERROR: Unable to extract title; please report this issue on  https://x/y",
                Setup,
                "Unable to extract title: update yt-dlp",
            ),
            (
                "ERROR: [youtube] abc: The page needs to be reloaded.",
                Passing,
                "YouTube wants its page to be reloaded: update yt-dlp",
            ),
            (
                "ERROR: [youtube] abc: Signature extraction failed: Traceback (most recent call last):\n  File \"x.py\", line 1\nKeyError: 'x'; please report this issue on  https://x/y",
                Setup,
                NO_CHALLENGE,
            ),
            (
                "ERROR: [youtube] abc: \u{1b}[31mred\u{7}\t at https://user:pw@host/?key=1 , end",
                Refused,
                "[31mred at , end",
            ),
            ("ERROR: [Errno 28] No space left on device", Setup, "[Errno 28] No space left on device"),
            (
                "WARNING: [youtube] No supported JavaScript runtime could be found.\nWARNING: [youtube] abc: n challenge solving failed: Some formats may be missing.\nERROR: [youtube] abc: Requested format is not available. Use --list-formats",
                Setup,
                "yt-dlp found no JavaScript runtime: install deno",
            ),
            // A video whose storyboard is all that is left (measured on the fake).
            (
                "WARNING: Only images are available for download. use --list-formats to see them\nERROR: [youtube] abc: Requested format is not available. Use --list-formats",
                Unclear,
                NO_FORMAT,
            ),
            // yt-dlp 2025.06.30 (measured on the fake).
            (
                "WARNING: [youtube] Unable to download webpage: HTTP Error 404: Not Found (caused by <HTTPError 404: Not Found>). Giving up after 3 retries\nWARNING: [youtube] abc: nsig extraction failed: Some formats may be missing\n         n = challenge ; player = https://www.youtube.com/s/player/x/base.js\nWARNING: Only images are available for download. use --list-formats to see them\nERROR: [youtube] abc: Requested format is not available. Use --list-formats",
                Setup,
                NO_CHALLENGE,
            ),
            (
                "WARNING: [youtube] abc: Some web client https formats have been skipped as they are missing a url. YouTube is forcing SABR streaming for this client.\nERROR: [youtube] abc: Requested format is not available. Use --list-formats",
                Setup,
                NO_URLS,
            ),
            (
                "WARNING: [youtube] abc: The provided YouTube account cookies are no longer valid. They\nERROR: [youtube] abc: Failed to extract any player response; please report",
                Setup,
                "the account's cookies are no longer valid: export them again",
            ),
            (
                "ERROR: [youtube] abc: ('Connection aborted.', RemoteDisconnected('...')) (caused by X)",
                Passing,
                NO_CONNECTION,
            ),
            (
                "ERROR: [youtube] abc: An error occurred. Please try again later.",
                Passing,
                "An error occurred. Please try again later.",
            ),
            // Without the package `requests` (measured).
            (
                "ERROR: [youtube] abc: Unable to download API page: [Errno -2] Name or service not known (caused by TransportError('[Errno -2] Name or service not known'))",
                Passing,
                NO_NAME,
            ),
            (
                "ERROR: [youtube] abc: Unable to download API page: timed out (caused by TransportError('timed out'))",
                Passing,
                "YouTube did not answer in time",
            ),
            (
                "ERROR: [youtube] abc: Unable to download API page: <urlopen error Tunnel connection failed: 503 Nope> (caused by ProxyError('X')); please report this issue on  https://github.com",
                Passing,
                NO_CONNECTION,
            ),
            // An id may spell anything.
            ("ERROR: [youtube] sign-in-bot: Video unavailable", Refused, "Video unavailable"),
            ("ERROR: [youtube] abc: Please sign in", Refused, "Please sign in"),
            // An outdated yt-dlp, for every video.
            (
                "WARNING: [youtube] abc: Some formats have been skipped. YouTube is forcing SABR streaming for this client.\nERROR: [youtube] abc: The following content is not available on this app.. Watch on the latest version of YouTube.",
                Unclear,
                "YouTube refuses what this yt-dlp claims to be: update yt-dlp",
            ),
            // A stray warning does not hide YouTube's own word.
            ("WARNING: HTTP Error 429: X\nERROR: [youtube] abc: Private video", Gone, "Private video"),
        ] {
            assert_eq!(fault(stderr), Fault { kind, reason: reason.to_owned() }, "{stderr}");
        }
        assert_eq!(fault(&format!("ERROR: {}", "é".repeat(5000))).reason.chars().count(), LONGEST_REASON);
    }
}
