//! docs/install.sh, into a folder that stands for the whole system.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::programs;

/// What it installs below the prefix, for the user and for the system.
const EVERYWHERE: [&str; 14] = [
    "bin/ytmpd",
    "bin/ytmpctl",
    "share/man/man1/ytmpd.1",
    "share/man/man1/ytmpctl.1",
    "share/man/man1/ytmpctl-status.1",
    "share/man/man5/ytmpd.toml.5",
    "share/bash-completion/completions/ytmpd",
    "share/bash-completion/completions/ytmpctl",
    "share/zsh/site-functions/_ytmpd",
    "share/zsh/site-functions/_ytmpctl",
    "share/fish/vendor_completions.d/ytmpd.fish",
    "share/fish/vendor_completions.d/ytmpctl.fish",
    "share/ytmpd/installed.",
    "systemd/",
];

const UNITS: [&str; 4] =
    ["ytmpd.service", "ytmpd-relay.socket", "ytmpd-proxy.socket", "ytmpd-control.socket"];

/// Where the system's installation is noted.
const LIST: &str = "usr/local/share/ytmpd/installed.system";

struct Install {
    destdir: TempDir,
    built: TempDir,
    scope: &'static str,
}

impl Install {
    fn new(scope: &'static str) -> Self {
        let built = TempDir::new().unwrap();
        // The real ones are large where they can be debugged.
        let ytmpctl = format!("#!/bin/sh\nexec {:?} \"$@\"\n", env!("CARGO_BIN_EXE_ytmpctl"));
        for (name, text) in [("ytmpd", "a program"), ("ytmpctl", &ytmpctl)] {
            let file = built.path().join(name);
            fs::write(&file, text).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { destdir: TempDir::new().unwrap(), built, scope }
    }

    /// Runs it. What it says.
    fn run(&self, more: &[&str]) -> String {
        self.run_after(":", more)
    }

    /// The same from a shell that has done something `first`.
    fn run_after(&self, first: &str, more: &[&str]) -> String {
        let output = self.output_after(first, more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert_eq!(said, "");
        String::from_utf8(output.stdout).unwrap()
    }

    fn output_after(&self, first: &str, more: &[&str]) -> Output {
        Command::new("sh")
            .args(["-c", &format!("{first}; exec sh \"$0\" \"$@\"")])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/install.sh"))
            .arg(format!("--{}", self.scope))
            .args(more)
            .env("DESTDIR", self.destdir.path())
            .env("HOME", "/home/x")
            .env("YTMPD_BUILT", self.built.path())
            .env_remove("PREFIX")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .output()
            .unwrap()
    }

    /// As if this, below the prefix `usr/local`, had come with the version before.
    fn had(&self, file: &str, text: &str) {
        let path = self.destdir.path().join(file);
        fs::write(&path, text).unwrap();
        let sum = Command::new("sha256sum").arg(path).output().unwrap();
        let sum = String::from_utf8(sum.stdout).unwrap();
        let mut list = self.text(LIST);
        list.push_str(&format!("{}  ./{file}\n", sum.split(' ').next().unwrap()));
        fs::write(self.destdir.path().join(LIST), list).unwrap();
    }

    /// Every file that there is.
    fn files(&self) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.destdir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.strip_prefix(self.destdir.path()).unwrap().to_owned());
                }
            }
        }
        files
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.destdir.path().join(file)).unwrap()
    }
}

#[test]
fn it_installs_twice_keeps_what_was_changed_and_goes_again() {
    for (scope, prefix, units, config) in [
        ("user", "home/x/.local", "home/x/.local/share/systemd/user", "home/x/.config/ytmpd/config.toml"),
        ("system", "usr/local", "usr/local/lib/systemd/system", "etc/ytmpd/config.toml"),
    ] {
        let install = Install::new(scope);
        install.run(&[]);
        let installed = install.files();
        for file in EVERYWHERE {
            let is_there = |path: &PathBuf| path.to_str().unwrap().starts_with(&format!("{prefix}/{file}"));
            let is_unit = |path: &PathBuf| file == "systemd/" && path.starts_with(units);
            assert!(installed.iter().any(|path| is_there(path) || is_unit(path)), "{file}: {installed:?}");
        }
        for unit in UNITS {
            assert!(installed.contains(&Path::new(units).join(unit)), "{unit}: {installed:?}");
        }
        let service = install.text(&format!("{units}/ytmpd.service"));
        assert!(service.contains(&format!("ExecStart=\"/{prefix}/bin/ytmpd\"\n")), "{service}");
        // The example says nothing by itself.
        let example: toml::Table = toml::from_str(&install.text(config)).unwrap();
        assert!(example.is_empty(), "{example}");

        assert_eq!(install.run(&[]), "", "the second time changes nothing");
        assert_eq!(install.files(), installed);

        let changed = format!("{units}/ytmpd-relay.socket");
        fs::write(install.destdir.path().join(&changed), "mine").unwrap();
        fs::write(install.destdir.path().join(config), "log.filter = \"warn\"").unwrap();
        let said = install.run(&[]);
        let more: Vec<_> = install.files().difference(&installed).cloned().collect();
        let [kept] = &*more else { panic!("{more:?}") };
        assert!(kept.to_str().unwrap().starts_with(&format!("{changed}.bak-")), "{kept:?}");
        assert_eq!(install.text(kept.to_str().unwrap()), "mine");
        assert!(
            said.contains("kept ") && install.text(&changed).contains("FileDescriptorName=relay"),
            "{said}"
        );

        install.run(&["--uninstall"]);
        assert_eq!(install.files(), BTreeSet::from([PathBuf::from(config), kept.clone()]));
        assert_eq!(install.text(config), "log.filter = \"warn\"");
    }
}

#[test]
fn what_a_version_has_no_more_goes_with_the_next() {
    let install = Install::new("system");
    install.run(&[]);
    let installed = install.files();
    let [gone, changed] =
        ["ytmpctl-former.1", "ytmpctl-changed.1"].map(|page| format!("usr/local/share/man/man1/{page}"));
    install.had(&gone, "a page");
    install.had(&changed, "a page");
    fs::write(install.destdir.path().join(&changed), "mine").unwrap();
    let said = install.run(&[]);
    assert!(said.contains("removed ") && said.contains("kept "), "{said}");
    let more: Vec<_> = install.files().difference(&installed).cloned().collect();
    let [kept] = &*more else { panic!("{more:?}") };
    assert!(kept.to_str().unwrap().starts_with(&format!("{changed}.bak-")), "{kept:?}");
    assert!(!install.text(LIST).contains("former"));
    assert_eq!(install.run(&[]), "", "once is enough");
}

#[test]
fn all_users_can_use_what_root_installs() {
    let install = Install::new("system");
    install.run_after("umask 077", &[]);
    let root = install.destdir.path();
    for file in install.files() {
        let mode = |path: &Path| fs::metadata(root.join(path)).unwrap().permissions().mode();
        assert_eq!(mode(&file) & 0o044, 0o044, "{file:?}");
        for folder in file.ancestors().skip(1).filter(|folder| folder.parent().is_some()) {
            assert_eq!(mode(folder) & 0o055, 0o055, "{folder:?}");
        }
    }
}

/// Spaces, what is no ASCII, and what is special to systemd.
#[test]
fn a_home_may_have_an_odd_name() {
    let install = Install::new("user");
    install.run_after("HOME='/home/5 %h ö'", &[]);
    let root = install.destdir.path().to_str().unwrap();
    let unit = "home/5 %h ö/.local/share/systemd/user/ytmpd.service";
    let service = install.text(unit).replace("/home/", &format!("{root}/home/"));
    fs::write(install.destdir.path().join(unit), service).unwrap();
    if let Some(analyze) = programs::find("systemd-analyze") {
        let verify = ["--user", "--man=no", "verify", &format!("{root}/{unit}")];
        let output = Command::new(analyze).args(verify).env("XDG_RUNTIME_DIR", root).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !said.contains(root), "{said}");
    }
}

#[test]
fn a_place_that_cannot_be_is_refused_before_anything_is_copied() {
    for place in [
        "PREFIX=opt",
        "PREFIX='/opt/a&b|c'",
        "PREFIX='/opt/a\"b'",
        "PREFIX='/opt/a\nb'",
        "XDG_DATA_HOME=share",
        "HOME='/home/$x'",
    ] {
        let install = Install::new("user");
        let output = install.output_after(&format!("export {place}"), &[]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.starts_with("cannot install to ") && output.status.code() == Some(69),
            "{place}: {said}"
        );
        assert_eq!(install.files(), BTreeSet::new(), "{place}");
    }
}

/// What the documentation says to write into the configuration can be pasted anywhere.
#[test]
fn what_the_docs_say_fits_into_the_installed_configuration() {
    let install = Install::new("user");
    install.run(&[]);
    let installed = install.text("home/x/.config/ytmpd/config.toml");
    let file = install.destdir.path().join("config.toml");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for page in ["README.md", "docs/moving-from-python-ytmpd.md", "docs/troubleshooting.md"] {
        let text = fs::read_to_string(root.join(page)).unwrap();
        let blocks: Vec<_> = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next()).collect();
        assert!(!blocks.is_empty(), "{page} has none");
        for block in blocks {
            let block = block.unwrap().replace("list=...", "list=PLx");
            for text in [format!("{installed}\n{block}"), format!("{block}\n{installed}")] {
                fs::write(&file, text).unwrap();
                let mut check = Command::new(env!("CARGO_BIN_EXE_ytmpd"));
                let output = check.arg("--config").arg(&file).arg("--check-config").output().unwrap();
                assert!(
                    output.status.success(),
                    "{page}: {block}{}",
                    String::from_utf8_lossy(&output.stderr)
                );
                assert!(!output.stdout.is_empty());
            }
        }
    }
}
