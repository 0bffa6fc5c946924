//! What the user is told.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_setup_that_does_not_work_is_told_once() {
    let log = Arc::<Mutex<Vec<u8>>>::default();
    let writer = Arc::clone(&log);
    let subscriber = tracing_subscriber::fmt().with_writer(move || Told(Arc::clone(&writer))).finish();
    // With one subscriber alone, whether anybody listens at all is asked in whatever thread logs
    // first, which may be another test's.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let rig = rig(1, |_, before| match before {
        3 => found('a', 0),
        5.. => Err(Fault { kind: FaultKind::Setup, reason: "Neither.".to_owned() }),
        _ => refused(FaultKind::Setup),
    });
    for (letter, warnings) in [('a', 1), ('b', 1), ('a', 1), ('c', 1), ('a', 2), ('a', 3), ('b', 3)] {
        drop(rig.resolve(letter).await);
        advance(Duration::from_secs(3)).await;
        let log = String::from_utf8_lossy(&log.lock().unwrap()).into_owned();
        assert_eq!(log.matches("WARN").count(), warnings, "{letter}: {log}");
    }
}

/// What was logged.
struct Told(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
