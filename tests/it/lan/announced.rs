//! `proxy.zeroconf`, as another implementation of it sees ytmpd from another host.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::hosts::{GUEST, Host, apart, shell};
use crate::fake_youtube::catalogue::FOCUS;
use crate::support::programs;
use crate::support::world::World;

const LISTEN: (&str, &str) =
    ("proxy", "listen = [\"%PROXY%\", \"127.0.0.1:6600\", \"0.0.0.0:6601\", \"[::]:6601\"]");
const ZEROCONF: (&str, &str) = ("proxy", "zeroconf = true");
const NAME: (&str, &str) = ("proxy", "zeroconf_name = \"Küche 1\"");

/// Clients find its name, port and addresses, those of a network that changes too, and that it is
/// gone when it is.
#[test]
fn announced_followed_and_withdrawn() {
    apart("lan::announced::announced_followed_and_withdrawn", || {
        let Some(mut browser) = Browser::start(&GUEST, &[]) else { return };
        let Some(mut world) = World::start(&[FOCUS], &[LISTEN, ZEROCONF, NAME]) else { return };
        let found = browser.hears_of("here", "Küche 1");
        assert_eq!(found["port"], 6601);
        assert!(found["host"].as_str().unwrap().ends_with("-ytmpd-6601.local."), "{found}");
        // Of the wires, only the one on which it is asked; and nothing that needs a scope.
        assert_eq!(addresses(&found), [GUEST.wire(), GUEST.wire_v6()]);
        shell("ip addr add 10.77.3.9/24 dev to-guest");
        browser.until("the new address", |event| addresses(event).contains(&"10.77.3.9".to_owned()));
        assert_eq!(world.daemon.stop(), Some(0));
        browser.hears_of("gone", "Küche 1");
    });
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    apart("lan::announced::a_name_that_is_taken_is_left_alone", || {
        let Some(mut browser) = Browser::start(&GUEST, &["Küche 1", &GUEST.address()]) else { return };
        let Some(mut world) = World::start(&[FOCUS], &[LISTEN, ZEROCONF, NAME]) else { return };
        let found = browser.until("another name", |event| event["port"] == 6601);
        assert_ne!(found["name"], "Küche 1");
        assert_eq!(world.daemon.stop(), Some(0));
        browser.hears_of("gone", found["name"].as_str().unwrap());
    });
}

#[test]
fn what_only_this_machine_reaches_is_not_announced() {
    let Some(world) = World::start(&[FOCUS], &[ZEROCONF]) else { return };
    let _client = world.daemon.client_with_playlists(1);
    assert!(world.daemon.log().contains("`proxy.zeroconf` has nothing to announce"));
}

/// A client that browses.
struct Browser {
    process: Child,
    events: BufReader<ChildStdout>,
}

impl Browser {
    fn start(host: &Host, arguments: &[&str]) -> Option<Self> {
        let python = programs::find_python_with("zeroconf")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/lan/browse.py");
        let mut process = host.on(|| {
            let mut browse = Command::new(python);
            browse.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
        });
        let events = BufReader::new(process.stdout.take().unwrap());
        let mut browser = Self { process, events };
        browser.hears_of("ready", "");
        Some(browser)
    }

    fn hears_of(&mut self, what: &str, name: &str) -> Value {
        self.until(what, |event| event["event"] == what && event["name"] == name)
    }

    /// The next such event. What never comes is found out by whoever runs the tests.
    fn until(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut heard = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.events.read_line(&mut line).unwrap(), 0, "no {what}, but {heard}");
            let event: Value = serde_json::from_str(&line).unwrap();
            if is_it(&event) {
                return event;
            }
            heard += &line;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn addresses(event: &Value) -> Vec<String> {
    let listed = event["addresses"].as_array().into_iter().flatten();
    let mut addresses: Vec<String> = listed.map(|address| address.as_str().unwrap().to_owned()).collect();
    addresses.sort();
    addresses
}
