//! Finds streams with `yt-dlp`.

use std::error::Error;
use std::pin::Pin;
use std::time::SystemTime;

use super::{Extract, Fault, FaultKind, Stream, complaint, info};
use crate::config;
use crate::library::VideoId;
use crate::ytdlp::{RunError, YtDlp};

/// [`Extract`] by a run of `yt-dlp` for each video.
#[derive(Debug)]
pub struct YtDlpExtract {
    ytdlp: YtDlp,
    /// `-f`.
    format: String,
}

impl YtDlpExtract {
    /// Runs `ytdlp` for the format that the configuration names.
    pub fn new(ytdlp: YtDlp, config: &config::Resolver) -> Self {
        Self { ytdlp, format: config.format.clone() }
    }

    async fn run(&self, video: VideoId) -> Result<Stream, Fault> {
        let url = format!("https://music.youtube.com/watch?v={video}");
        // No `--no-warnings`: a dead network and a rate limit differ in the warnings only.
        let arguments = [
            "--ignore-config",
            "--no-playlist",
            "--no-progress",
            "--no-update",
            "-J",
            "-f",
            &self.format,
            "--socket-timeout",
            "10",
            "--extractor-retries",
            "1",
            "--",
            &url,
        ];
        let output = self.ytdlp.run(&arguments).await.map_err(|error| not_run(&error))?;
        if output.success {
            info::stream(&output.stdout, SystemTime::now())
        } else {
            Err(complaint::fault(&output.stderr))
        }
    }
}

impl Extract for YtDlpExtract {
    fn extract(&self, video: VideoId) -> Pin<Box<dyn Future<Output = Result<Stream, Fault>> + Send + '_>> {
        Box::pin(self.run(video))
    }
}

fn not_run(error: &RunError) -> Fault {
    let (kind, hint) = match error {
        RunError::TimedOut(..) => (FaultKind::Passing, String::new()),
        RunError::TooMuch(..) => (FaultKind::Setup, "; check `resolver.command`".to_owned()),
        RunError::Spawn(..) => {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            (FaultKind::Setup, format!(": {cause}; install yt-dlp or set `resolver.command`"))
        }
    };
    Fault { kind, reason: format!("{error}{hint}") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn extract(script: &str, timeout: Duration) -> YtDlpExtract {
        let config = config::Resolver {
            command: ["sh", "-c", script, "yt-dlp"].map(str::to_owned).to_vec(),
            args: vec!["--force-ipv4".to_owned()],
            format: "bestaudio".to_owned(),
            workers: 1,
            timeout,
            prefetch: 0,
        };
        YtDlpExtract::new(YtDlp::new(&config), &config)
    }

    async fn check(script: &str, timeout: Duration) -> Result<Stream, Fault> {
        extract(script, timeout).extract("dQw4w9WgXcQ".parse().unwrap()).await
    }

    #[tokio::test]
    async fn the_command_line_asks_for_one_video() {
        // The arguments come back as the format's name.
        let script = r#"printf '{"url": "https://h/", "format_id": "%s"}' "$*""#;
        let stream = check(script, Duration::from_secs(20)).await.unwrap();
        assert_eq!(
            stream.format,
            "--ignore-config --no-playlist --no-progress --no-update -J -f bestaudio --socket-timeout 10 \
             --extractor-retries 1 --force-ipv4 -- https://music.youtube.com/watch?v=dQw4w9WgXcQ"
        );
    }

    #[tokio::test]
    async fn each_way_to_fail_is_told_apart() {
        let ample = Duration::from_secs(20);
        for (script, timeout, kind, reason) in [
            (
                "echo null; echo 'ERROR: [youtube] x: Video unavailable' >&2; exit 1",
                ample,
                FaultKind::Gone,
                "Video unavailable",
            ),
            ("kill -9 $$", ample, FaultKind::Passing, "yt-dlp ended"),
            ("echo rubbish", ample, FaultKind::Setup, "what it wrote"),
            ("sleep 60", Duration::from_millis(50), FaultKind::Passing, "`sh` did not finish within 50ms"),
            ("cat /dev/zero", ample, FaultKind::Setup, "`sh` wrote more than"),
        ] {
            let fault = check(script, timeout).await.unwrap_err();
            assert_eq!(fault.kind, kind, "{script}");
            assert!(fault.reason.starts_with(reason), "{}", fault.reason);
        }
    }

    #[tokio::test]
    async fn a_missing_program_is_a_matter_of_setup() {
        let mut config = config::Resolver {
            command: vec!["/no/such/yt-dlp".to_owned()],
            args: Vec::new(),
            format: String::new(),
            workers: 1,
            timeout: Duration::from_secs(20),
            prefetch: 0,
        };
        config.format.push_str("18");
        let extract = YtDlpExtract::new(YtDlp::new(&config), &config);
        let fault = extract.extract("dQw4w9WgXcQ".parse().unwrap()).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Setup);
        assert!(
            fault.reason.contains("No such file") && fault.reason.contains("resolver.command"),
            "{fault}"
        );
    }
}
