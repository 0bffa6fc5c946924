//! The folders that a service is given.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

/// What `ytmpd --check-config` prints with these variables.
fn checked(variables: &[(&str, String)]) -> String {
    let mut ytmpd = Command::new(env!("CARGO_BIN_EXE_ytmpd"));
    let output = ytmpd.arg("--check-config").env_clear().envs(variables.iter().cloned()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_services_folders_are_the_defaults_of_its_own_process_only() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("config.toml"), "proxy.max_clients = 7").unwrap();
    let mut service = vec![
        ("HOME", "/home/x".to_owned()),
        ("CONFIGURATION_DIRECTORY", folder.path().display().to_string()),
        ("STATE_DIRECTORY", "/s:/other".to_owned()),
        ("RUNTIME_DIRECTORY", "/r".to_owned()),
    ];
    let printed = checked(&service);
    for line in ["directory = \"/s\"", "socket = \"/r/sync_socket\"", "max_clients = 7"] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    // Handed down by another service, such as a terminal.
    service.push(("SYSTEMD_EXEC_PID", "1".to_owned()));
    let printed = checked(&service);
    for line in ["directory = \"/home/x/.config/ytmpd\"", "socket = \"/home/x/.config/ytmpd/sync_socket\""] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
}

#[test]
fn a_key_of_the_configuration_wins() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("config.toml"), "state.directory = \"/k\"\ncontrol.socket = \"/c\"")
        .unwrap();
    let printed = checked(&[
        ("CONFIGURATION_DIRECTORY", folder.path().display().to_string()),
        ("STATE_DIRECTORY", "/s".to_owned()),
        ("RUNTIME_DIRECTORY", "/r".to_owned()),
    ]);
    for line in ["directory = \"/k\"", "socket = \"/c\""] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
}
