//! What files mean, and what is said of those that are wrong.

use std::time::Duration;

use super::super::{Address, Materialise};
use super::*;

/// A home folder with `config.toml` in the usual place, unless it is `None`.
fn home(text: Option<&str>) -> (tempfile::TempDir, Environment) {
    let home = tempfile::tempdir().unwrap();
    let environment = Environment {
        config_home: Some(home.path().join(".config")),
        home: Some(home.path().to_owned()),
        ..Environment::default()
    };
    let folder = environment.folder().unwrap();
    fs::create_dir_all(&folder).unwrap();
    if let Some(text) = text {
        fs::write(folder.join("config.toml"), text).unwrap();
    }
    (home, environment)
}

fn read(text: &str) -> Result<Config, String> {
    let (home, environment) = home(Some(text));
    let folder = format!("{}/.config/ytmpd/", home.path().display());
    load(None, &environment).map_err(|error| error.to_string().replace(&folder, ""))
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, complaint) in [
        // The file's form.
        ("[proxy", "config.toml:1:7: "),
        ("[proxi]", "config.toml:1:2: proxi: unknown key `proxi`, expected one of `proxy`, `mpd`"),
        (
            "[proxy]\nlisen = []",
            "config.toml:2:1: proxy.lisen: unknown key `lisen`, expected one of `listen`, `zeroconf`",
        ),
        ("[sync]\nauto = \"yes\"", "config.toml:2:8: sync.auto: true or false is expected, not a text"),
        ("[sync]\nauto = true\nauto = true", "config.toml:3:1: sync.auto: is there twice (first"),
        ("[mpd]\naddress = 6600", "config.toml:2:11: mpd.address: a text or a list of texts"),
        ("[mpd]\npassword = 12345", "config.toml:2:12: mpd.password: a text in quotes is expected"),
        ("[sync]\nmaterialise = \"all\"", "config.toml:2:15: sync.materialise: unknown value `all`, "),
        ("mpd = \"x\"", "config.toml:1:7: mpd: a table, [mpd], is expected"),
        // Values.
        ("[proxy]\nlisten = []", "config.toml:2:10: proxy.listen: at least one address"),
        (
            "[proxy]\nlisten = [\"/a\",\n  \"6601\"]",
            "config.toml:3:3: proxy.listen: `6601` is no address: host:port",
        ),
        ("[proxy]\nlisten = [\"h:0\"]", "config.toml:2:11: proxy.listen: port 0"),
        ("[proxy]\nlisten = [\"h:1\", \"H:1\"]", "config.toml:2:18: proxy.listen: is there twice"),
        (
            "[proxy]\nmax_clients = 0",
            "config.toml:2:15: proxy.max_clients: 0 is out of bounds: 1 to 10000 is expected",
        ),
        (
            "[proxy]\nmax_clients = 99999999999999999999",
            "config.toml:2:15: proxy.max_clients: is out of bounds: 1 to 10000 is expected",
        ),
        (
            "[proxy]\nlisten = \"*:6601\"",
            "config.toml:2:10: proxy.listen: `*:6601` is no address: to listen, `0.0.0.0:6601` is all of IPv4, `[::]:6601`",
        ),
        (
            "[proxy]\nlisten = \" 127.0.0.1:6601\"",
            "config.toml:2:10: proxy.listen: ` 127.0.0.1:6601` is no address: host:port",
        ),
        (
            "[proxy]\nlisten = \"/run/\\u0000\"",
            "config.toml:2:10: proxy.listen: a text without zero bytes (`\\u0000`) is expected",
        ),
        ("[youtube]\ncookies = \"c\\u0000\"", "config.toml:2:11: youtube.cookies: a text without zero bytes"),
        ("[state]\ndirectory = \"\\u0000\"", "config.toml:2:13: state.directory: a text without zero bytes"),
        (
            "[youtube]\nprefix = \"a\\tb\\u0007\"",
            "config.toml:2:10: youtube.prefix: at most 100 bytes without control characters are expected",
        ),
        (
            "[relay]\nlisten = \"*:6602\"",
            "config.toml:2:10: relay.listen: `*:6602` is no address: to listen, `0.0.0.0:6602`",
        ),
        ("[relay]\nlisten = \"/socket\"", "config.toml:2:10: relay.listen: host:port"),
        ("[relay]\nlisten = \"localhost:6601\"", "config.toml:2:10: relay.listen: is one of `proxy.listen`"),
        ("[relay]\nlisten = \"0.0.0.0:6602\"", "config.toml: relay.advertise: is needed when"),
        ("[relay]\nadvertise = \"nas:6602\"", "config.toml:2:13: relay.advertise: a URL of the form"),
        ("[relay]\nadvertise = \"http://nas/y\"", "config.toml:2:13: relay.advertise: a URL without a path"),
        ("[relay]\nadvertise = \"http://0.0.0.0:6602\"", "config.toml:2:13: relay.advertise: leads nowhere"),
        ("[relay]\nadvertise = \"http://[::]:6602\"", "config.toml:2:13: relay.advertise: leads nowhere"),
        ("[relay]\nadvertise = \"http://nas:0\"", "config.toml:2:13: relay.advertise: leads nowhere"),
        ("[proxy]\nzeroconf_name = \"v1.0\"", "config.toml:2:17: proxy.zeroconf_name: 1 to 63 bytes"),
        ("[relay]\nhold_seconds = -1", "config.toml:2:16: relay.hold_seconds: -1 is out of bounds"),
        (
            "[youtube]\nplaylists = [\"PLx\", \"focus\"]",
            "config.toml:2:21: youtube.playlists: `focus` is no playlist: a playlist's id",
        ),
        ("[youtube]\naccount = 4294967296", "config.toml:2:11: youtube.account: 4294967296 is out of"),
        ("[youtube]\nmusic_url = \"ftp://x\"", "config.toml:2:13: youtube.music_url: a URL"),
        ("[resolver]\ncommand = []", "config.toml:2:11: resolver.command: the program's name"),
        ("[resolver]\nworkers = 99", "config.toml:2:11: resolver.workers: 99 is out of bounds: 1 to 16"),
        ("[sync]\nmaterialise = \"files\"", "config.toml: sync.playlist_directory: is needed"),
        ("[log]\nfilter = \"a=b=c\"", "config.toml:2:10: log.filter: a filter such as"),
        ("[log]\nfilter = \"\"", "config.toml:2:10: log.filter: a filter such as"),
        ("[log]\nfilter = \"warning\"", "config.toml:2:10: log.filter: a filter such as"),
        (
            "proxy.listen = \"/s\"\ncontrol.socket = \"/s\"",
            "config.toml:2:18: control.socket: is one of `proxy.listen`",
        ),
        // An upstream that is ourselves.
        ("mpd.address = \"localhost:6602\"", "config.toml:1:15: mpd.address: is where ytmpd itself listens"),
        (
            "[mpd]\naddress = [\"/run/mpd/socket\", \"localhost:6601\"]",
            "config.toml:2:31: mpd.address: is where ytmpd itself listens",
        ),
        ("[mpd]\naddress = [\"auto\", \"nas:6600\"]", "config.toml:2:12: mpd.address: `auto` stands alone"),
        ("[log]\nfilter = \"info,relay=debug\"", "config.toml:2:10: log.filter: a filter such as"),
        (
            "proxy.listen = [\"0.0.0.0:6600\"]\nmpd.address = \"127.0.0.1:6600\"",
            "config.toml:2:15: mpd.address: is where ytmpd itself listens",
        ),
    ] {
        match read(text) {
            Ok(_) => panic!("accepted: {text}"),
            Err(error) => assert!(error.starts_with(complaint), "{text}\n{error}\n{complaint}"),
        }
    }
}

#[test]
fn a_password_is_in_no_complaint() {
    for text in [
        "mpd.password = 55512345",
        "mpd.password = [\"55512345\"]",
        "mpd.password = 55512345 x",
        "mpd.address = \"55512345@nas:6600\"",
        "relay.advertise = \"http://:55512345@nas:6600\"",
        "resolver.args = \"--password=55512345\"",
        "resolver.args = [\"--password\", 55512345]",
        "resolver.command = \"yt-dlp --password=55512345\"",
        "mpd.password = \"55512345\"\nmpd.password = \"55512345\"",
        "mpd = \"55512345\"",
    ] {
        let error = read(text).unwrap_err();
        assert!(!error.contains("555"), "{error}");
    }
}

#[test]
fn values_become_what_they_mean() {
    let (home, environment) = home(Some(
        r#"
        proxy.listen = "~/proxy"
        mpd.address = ["[::1]:6600", "@mpd"]
        relay.advertise = "http://nas.lan:80/"
        resolver.command = ["~/bin/yt-dlp"]
        youtube.cookies = "cookies.txt"
        state.directory = "~"
        sync.interval_minutes = 5
        sync.materialise = "files"
        sync.playlist_directory = "/music/playlists"
        "#,
    ));
    let config = load(None, &environment).unwrap();
    let folder = home.path().join(".config/ytmpd");
    assert_eq!(config.proxy.listen, [Address::Unix(home.path().join("proxy"))]);
    assert_eq!(
        config.mpd.addresses,
        [Address::Tcp("::1".to_owned(), 6600), Address::Abstract("mpd".to_owned())]
    );
    assert_eq!(config.relay.base_url, "http://nas.lan:80");
    assert_eq!(config.resolver.command, [home.path().join("bin/yt-dlp").to_str().unwrap()]);
    assert_eq!(config.youtube.cookies, Some(folder.join("cookies.txt")));
    assert_eq!(config.sync.interval, Duration::from_secs(300));
    assert_eq!(config.sync.materialise, Materialise::Files("/music/playlists".into()));
    assert_eq!(config.state_directory, home.path());
    assert_eq!(config.control_socket, folder.join("sync_socket"));
}

#[test]
fn a_relative_program_starts_at_the_files_folder_and_a_bare_name_nowhere() {
    let (home, environment) = home(None);
    let folder = environment.folder().unwrap();
    for (written, meant) in [
        ("bin/yt-dlp", folder.join("bin/yt-dlp")),
        ("./yt-dlp", folder.join("./yt-dlp")),
        ("~/yt-dlp", home.path().join("yt-dlp")),
        ("/x/yt-dlp", "/x/yt-dlp".into()),
        ("yt-dlp", "yt-dlp".into()),
    ] {
        fs::write(folder.join("config.toml"), format!("resolver.command = [{written:?}, \"a/b\"]")).unwrap();
        let command = load(None, &environment).unwrap().resolver.command;
        assert_eq!(command, [meant.to_str().unwrap(), "a/b"]);
    }
}

#[test]
fn no_file_is_the_same_as_an_empty_one() {
    let (_home, environment) = home(None);
    let config = load(None, &environment).unwrap();
    fs::write(environment.folder().unwrap().join("config.toml"), "").unwrap();
    assert_eq!(load(None, &environment).unwrap(), config);
    assert_eq!(config.relay.base_url, "http://127.0.0.1:6602");
}

#[test]
fn a_file_that_cannot_be_read_is_not_no_file() {
    let (_home, environment) = home(None);
    let file = environment.folder().unwrap().join("config.toml");
    std::os::unix::fs::symlink("/no/dotfiles/config.toml", &file).unwrap();
    let told = load(None, &environment).unwrap_err().to_string();
    assert!(
        told.ends_with("config.toml is a link to /no/dotfiles/config.toml, which is not there"),
        "{told}"
    );
    fs::remove_file(&file).unwrap();
    fs::write(&file, b"[youtube]\nprefix = \"\xc3\xa9\xe9: \"\n").unwrap();
    let told = load(None, &environment).unwrap_err().to_string();
    assert!(told.contains("config.toml:2:12: is not UTF-8 here"), "{told}");
}

#[test]
fn a_named_file_comes_first_and_must_be_there() {
    let (home, mut environment) = home(Some("proxy.max_clients = 1"));
    let [second, third] = ["second.toml", "third.toml"].map(|name| home.path().join(name));
    let clients = |named: Option<&Path>, environment: &Environment| {
        load(named, environment).map(|config| config.proxy.max_clients).map_err(|error| error.to_string())
    };
    assert_eq!(clients(None, &environment), Ok(1));
    environment.config_file = Some(second.clone());
    let missing = Err(format!("cannot read the configuration {}", second.display()));
    assert_eq!(clients(None, &environment), missing);
    fs::write(&second, "proxy.max_clients = 2").unwrap();
    assert_eq!(clients(None, &environment), Ok(2));
    fs::write(&third, "proxy.max_clients = 3").unwrap();
    assert_eq!(clients(Some(&third), &environment), Ok(3));
}

#[test]
fn without_a_home_the_folders_must_be_named() {
    let nowhere = Environment::default();
    let error = load(None, &nowhere).unwrap_err().to_string();
    assert_eq!(error, "state.directory: is needed where there is no home folder; set it, or $HOME");
    let (home, _) = home(None);
    let file = home.path().join("c.toml");
    fs::write(&file, "").unwrap();
    assert_eq!(load(Some(&file), &nowhere).unwrap().state_directory, home.path());
    fs::write(&file, "youtube.cookies = \"~/c.txt\"").unwrap();
    assert!(load(Some(&file), &nowhere).unwrap_err().to_string().contains("$HOME is not set"));
}

#[test]
fn a_service_has_folders_of_its_own() {
    let (home, mut environment) = home(Some("proxy.max_clients = 1"));
    let service = home.path().join("etc");
    fs::create_dir(&service).unwrap();
    fs::write(service.join("config.toml"), "proxy.max_clients = 2").unwrap();
    environment.service = ServiceFolders {
        configuration: Some(service.clone()),
        state: Some("/s".into()),
        runtime: Some("/r".into()),
        cache: Some("/c".into()),
    };
    let config = load(None, &environment).unwrap();
    assert_eq!(config.proxy.max_clients, 2);
    assert_eq!(config.state_directory, Path::new("/s"));
    assert_eq!(config.control_socket, Path::new("/r/sync_socket"));
    assert_eq!(config.covers_directory, Path::new("/c/covers"));
    // What the file says comes first, and starts at the file.
    fs::write(service.join("config.toml"), "state.directory = \"x\"").unwrap();
    environment.service.cache = None;
    let config = load(None, &environment).unwrap();
    assert_eq!(config.covers_directory, service.join("x/covers"));
}

#[test]
fn auto_is_where_mpd_usually_is_and_never_ourselves() {
    let (_home, mut environment) = home(Some("proxy.listen = [\"localhost:6600\"]"));
    environment.runtime_directory = Some("/run/user/1".into());
    let addresses = load(None, &environment).unwrap().mpd.addresses;
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["/run/user/1/mpd/socket", "/run/mpd/socket"]);
    let beside = read("relay.listen = \"127.0.0.1:6600\"").unwrap().mpd.addresses;
    assert_eq!(beside, [Address::Unix("/run/mpd/socket".into())]);
    let usual = read("").unwrap().mpd.addresses;
    assert_eq!(usual.first(), Some(&Address::Tcp("localhost".to_owned(), 6600)));
}

#[test]
fn what_is_printed_means_the_same() {
    for text in [
        "",
        "sync.materialise = \"off\"\nyoutube.cookies = \"x\"\nyoutube.playlists = [\"PLx\", \"youtube.com/playlist?list=PLx\"]",
        "youtube.playlists = \"PLx\"",
        "sync.materialise = \"files\"\nsync.playlist_directory = \"/p\"\nlog.filter = \"warn\"",
    ] {
        let config = read(text).unwrap();
        assert_eq!(read(&config.to_toml()).unwrap(), config, "{text}");
    }
}

#[test]
fn a_socket_with_too_long_a_path_is_refused() {
    let path = format!("/{:x<107}", "");
    for key in ["proxy.listen", "mpd.address", "control.socket"] {
        let error = read(&format!("{key} = {path:?}")).unwrap_err();
        assert!(error.contains(&format!(": {key}: `{path}` is too long for a socket: 107 bytes")), "{error}");
    }
    // It starts at the file's folder.
    let error = read(&format!("control.socket = {:?}", &path[20..])).unwrap_err();
    assert!(error.contains("is too long for a socket"), "{error}");
}

#[test]
fn listeners_take_their_addresses_from_each_other() {
    for (listen, accepted) in [
        (["0.0.0.0:1", "192.168.1.5:1"], false),
        (["192.168.1.5:1", "0.0.0.0:1"], false),
        (["0.0.0.0:1", "192.168.1.5:2"], true),
        (["0.0.0.0:1", "nas:1"], true),
        (["[::]:1", "[fd00::5]:1"], false),
        (["[::]:1", "localhost:1"], false),
        // Beside another, `::` is IPv6 alone.
        (["[::]:1", "0.0.0.0:1"], true),
        (["[::]:1", "192.168.1.5:1"], true),
        (["[::]:1", "127.0.0.1:1"], true),
    ] {
        let read = read(&format!("proxy.listen = {listen:?}"));
        let twice = |error: &String| error.contains("proxy.listen: is there twice: `");
        assert!(read.as_ref().map_or_else(twice, |_| accepted), "{listen:?}: {read:?}");
        assert_eq!(read.is_ok(), accepted, "{listen:?}: {read:?}");
    }
    // The relay does not know of the clients' listeners.
    for (listen, relay) in [("0.0.0.0", "192.168.1.5"), ("[::]", "192.168.1.5"), ("192.168.1.5", "[::]")] {
        let text = format!("proxy.listen = \"{listen}:1\"\nrelay.listen = \"{relay}:1\"\n");
        let error = read(&(text + "relay.advertise = \"http://192.168.1.5:1\"")).unwrap_err();
        assert!(error.contains("relay.listen: is one of `proxy.listen`"), "{error}");
    }
}

#[test]
fn two_servers_on_one_port_may_have_different_addresses() {
    for (listen, mpd, accepted) in [
        ("127.0.0.1:6600", "127.0.0.2:6600", true),
        ("127.0.0.1:6600", "[::1]:6600", true),
        ("0.0.0.0:6600", "[::1]:6600", true),
        ("0.0.0.0:6600", "nas:6600", true),
        // It may be this machine's, or another's.
        ("0.0.0.0:6600", "192.168.1.5:6600", true),
        ("[::]:6600", "127.0.0.1:6600", false),
        ("[::1]:6600", "localhost:6600", false),
        ("LOCALHOST:6600", "127.0.0.1:6600", false),
        ("nas:6600", "NAS:6600", false),
        ("@mpd", "@mpd", false),
        ("/run/mpd/socket", "/run/mpd/socket", false),
    ] {
        let read = read(&format!("proxy.listen = [\"{listen}\"]\nmpd.address = \"{mpd}\""));
        assert_eq!(read.is_ok(), accepted, "{listen} {mpd}: {read:?}");
    }
}

#[test]
fn a_log_filter_says_something_of_ours() {
    for (text, accepted) in [
        ("info", true),
        ("WARN", true),
        ("off", true),
        ("info,ytmpd::relay=debug", true),
        ("ytmpd::relay", true),
        ("reqwest=debug,info", true),
        ("ytmpd[span{a=1}]=debug", true),
        ("info,", true),
        ("", false),
        (",", false),
        ("inof", false),
        ("warning", false),
        ("info,ytmp", false),
        ("ytmpd=loud", false),
        ("info,relay=debug", false),
        ("info, ytdlp::guard=debug", false),
        ("info,session[client]=trace", false),
        ("info,ytmpd::no_part=debug", true),
    ] {
        assert_eq!(super::super::is_log_filter(text), accepted, "{text}");
    }
}

#[test]
fn a_part_that_is_named_as_a_program_is_told_its_name() {
    let error = read("log.filter = \"info,relay::check=debug\"").unwrap_err();
    assert!(error.ends_with("; `relay::check` is `ytmpd::relay::check` there"), "{error}");
    let modules = include_str!("../../lib.rs").lines().filter_map(|line| line.strip_prefix("pub mod "));
    for module in modules.map(|module| module.trim_end_matches(';')) {
        assert!(!super::super::is_log_filter(&format!("{module}=debug")), "{module}");
    }
}

#[test]
fn secrets_are_not_printed() {
    let text = r#"
        mpd.password = "hunter2"
        resolver = { command = ["yt-dlp", "-p", "hunter2"], args = ["--proxy=socks5://me:hunter2@host:1080"] }"#;
    let printed = read(text).unwrap().to_toml();
    assert!(printed.contains("password = \"(hidden)\"") && !printed.contains("hunter2"), "{printed}");
    assert!(printed.contains("=socks5://(hidden)@host:1080\""), "{printed}");
}

#[test]
fn the_example_is_the_defaults() {
    let example = include_str!("../../../docs/config.example.toml");
    let (_home, environment) = home(Some(example));
    let with_example = load(None, &environment).unwrap();
    fs::remove_file(environment.folder().unwrap().join("config.toml")).unwrap();
    assert_eq!(with_example, load(None, &environment).unwrap());
}
