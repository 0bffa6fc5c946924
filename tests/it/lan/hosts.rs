//! Three hosts: network namespaces, two of them joined to that of the test itself.
//!
//! A test runs itself again as the first process of namespaces of its own, which need no rights:
//! tests do not see each other's, and whatever is left in them ends with that process.

use std::env;
use std::fs::File;
use std::os::fd::AsFd;
use std::panic::resume_unwind;
use std::process::Command;
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::support::programs;

/// Set in the process that is inside.
const INSIDE: &str = "YTMPD_TEST_INSIDE";

/// As `unshare` has it: users, so that no rights are needed; mounts, for the names of namespaces;
/// processes, so that all end with the first.
const APART: [&str; 6] = ["--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"];

/// Another host, on a wire of its own to the one on which the test runs.
pub(crate) struct Host {
    /// Of its namespace; its wire's other end is `to-NAME`.
    name: &'static str,
    /// Which net the wire is: the test's end is 10.77.NET.1 and fd77:NET::1, the host's has a 2.
    net: u8,
}

/// Where MPD is.
pub(crate) const MPDS: Host = Host { name: "mpds", net: 2 };
/// Where somebody else is.
pub(crate) const GUEST: Host = Host { name: "guest", net: 3 };

/// Runs the body of the test with this name, the caller's, where the hosts are. Where there can be
/// none it is skipped as for a missing program.
pub(crate) fn apart(test: &str, body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        shell("mount -t tmpfs none /run && ip link set lo up");
        MPDS.connect();
        GUEST.connect();
        return body();
    }
    let Some(unshare) = programs::find_unshare(&APART) else { return };
    let mut again = Command::new(unshare);
    again
        .args(APART)
        .arg(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "1");
    assert!(run(&mut again), "failed inside; see above");
}

impl Host {
    /// The address of the test's end of the wire.
    pub(crate) fn wire(&self) -> String {
        format!("10.77.{}.1", self.net)
    }

    /// The same, of IPv6.
    pub(crate) fn wire_v6(&self) -> String {
        format!("fd77:{}::1", self.net)
    }

    /// The host's own address.
    pub(crate) fn address(&self) -> String {
        format!("10.77.{}.2", self.net)
    }

    /// Runs this on the host; so are the processes that it starts.
    pub(crate) fn on<T: Send>(&self, run: impl FnOnce() -> T + Send) -> T {
        let on_host = || {
            let host = File::open(format!("/run/netns/{}", self.name)).unwrap();
            move_into_link_name_space(host.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            run()
        };
        thread::scope(|scope| scope.spawn(on_host).join()).unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn connect(&self) {
        let Self { name, net } = self;
        shell(&format!(
            "ip netns add {name}
             ip link add to-{name} type veth peer name eth0 netns {name}
             ip addr add 10.77.{net}.1/24 dev to-{name}
             ip addr add fd77:{net}::1/64 dev to-{name} nodad
             ip link set to-{name} up
             ip -n {name} addr add 10.77.{net}.2/24 dev eth0
             ip -n {name} addr add fd77:{net}::2/64 dev eth0 nodad
             ip -n {name} link set lo up
             ip -n {name} link set eth0 up
             ip -n {name} route add default via 10.77.{net}.1"
        ));
    }
}

/// Runs these lines; each must succeed.
pub(crate) fn shell(lines: &str) {
    assert!(run(Command::new("sh").args(["-euc", lines])), "failed: {lines}");
}

fn run(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
