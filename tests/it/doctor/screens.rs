//! What people read.

use std::fs;

use super::{script, synced, variant};
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::screen::Screen;
use crate::support::world::World;
use crate::ytmpctl::{Ran, ytmpctl};

#[test]
fn a_line_for_each_check_and_what_to_do() {
    let Some(mut world) = World::start(&[FOCUS], &[]) else { return };
    synced(&world, 1);
    world.daemon.stop();
    let config = world.daemon.folder().join("config.toml");
    let program = env!("CARGO_BIN_EXE_ytmpctl");
    let script = |environment: &str| {
        let config = config.display();
        format!(
            "env NO_COLOR= MPD_HOST=/x {environment} {program} --config {config} doctor; echo \"<ended $?>\"; sleep 1000"
        )
    };
    let Some(screen) = Screen::start_sized("sh", &["-c", &script("")], (80, 60)) else { return };
    let shown = screen.shows(&["<ended 1>"]);
    println!("{shown}");
    for text in [
        "\nfailure  ytmpd          nobody answers at",
        "\n                        -> start it: `systemctl --user start ytmpd`, or `ytmpd`\n",
        "\nok       MPD            protocol 0.2",
        "\nfailure  MPD_HOST       nobody answers at /x\n                        -> point it at ytmpd: ",
        "\n\n2 failures, ",
    ] {
        assert!(shown.contains(text), "{text:?} is not in\n{shown}");
    }
    let colours = screen.colours();
    assert!(colours.contains("\u{1b}[31mfailure") && colours.contains("\u{1b}[33mwarning"), "{colours:?}");
    let plain = Screen::start_sized("sh", &["-c", &script("NO_COLOR=1")], (80, 60)).unwrap();
    plain.shows(&["<ended 1>"]);
    assert!(!plain.colours().contains('\u{1b}'));

    let mut elsewhere = ytmpctl();
    elsewhere.arg("--config").arg(&config).arg("doctor");
    let ran = Ran::from(elsewhere.output().unwrap());
    assert!(ran.code == Some(1) && ran.error.is_empty() && !ran.out.contains('\u{1b}'), "{ran:?}");
    assert!(
        ran.out.lines().any(|line| line.starts_with("failure  ytmpd          nobody answers at /")),
        "{}",
        ran.out
    );
}

#[test]
fn at_a_terminal_it_is_seen_to_look() {
    let Some(world) = World::start(&[FOCUS], &[]) else { return };
    let go = world.daemon.folder().join("go");
    let slow = script(world.daemon.folder(), "slow", &format!("until [ -e {go:?} ]; do sleep 0.1; done"));
    let config = variant(&world.daemon, &[("resolver", &slow)]);
    let report = world.daemon.folder().join("report");
    let program = env!("CARGO_BIN_EXE_ytmpctl");
    let line = format!("{program} --config {config:?} doctor >{report:?}; echo \"<ended $?>\"; sleep 1000");
    let Some(screen) = Screen::start_sized("sh", &["-c", &line], (80, 20)) else { return };
    screen.shows(&["Looking"]);
    fs::write(&go, "").unwrap();
    let shown = screen.shows(&["<ended 1>"]);
    assert_eq!(shown.trim(), "<ended 1>", "nothing of it is left");
    let report = fs::read_to_string(&report).unwrap();
    assert!(report.starts_with("ok       configuration") && !report.contains("Looking"), "{report}");
}
