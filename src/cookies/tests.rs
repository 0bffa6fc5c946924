//! Exports and what is kept of them, on a real disk.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::reason::on_one_line;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn export(&self) -> PathBuf {
        self.0.path().join("cookies.txt")
    }

    fn kept(&self) -> PathBuf {
        self.0.path().join("state/rotated")
    }

    /// Writes an export with this session cookie.
    fn write(&self, value: &str) {
        fs::write(self.export(), export(value)).unwrap();
        fs::set_permissions(self.export(), Permissions::from_mode(0o600)).unwrap();
    }

    /// As a daemon that has just started has them.
    fn cookies(&self) -> Cookies {
        Cookies::new(Some(&self.export()), self.kept())
    }
}

fn export(value: &str) -> String {
    let line =
        |name: &str, value: &str| format!(".youtube.com\tTRUE\t/\tTRUE\t4070908800\t{name}\t{value}\n");
    [
        "# Netscape HTTP Cookie File\n",
        &line("SAPISID", "s-secret"),
        &line("LOGIN_INFO", "l-secret"),
        &line("TS", value),
    ]
    .concat()
}

async fn session(cookies: &Cookies) -> Arc<Session> {
    cookies.session().await.unwrap().unwrap()
}

async fn ts(cookies: &Cookies) -> Option<String> {
    session(cookies).await.value("TS").map(str::to_owned)
}

async fn rotate(cookies: &Cookies, set_cookie: &str) {
    let asked = session(cookies).await;
    cookies.rotate(&asked, vec![set_cookie.to_owned()]).await;
}

#[tokio::test]
async fn what_youtube_rotates_outlives_us_and_leaves_the_export_alone() {
    let folder = Folder::new();
    folder.write("1");
    let cookies = folder.cookies();
    assert_eq!(session(&cookies).await.header(), "SAPISID=s-secret; LOGIN_INFO=l-secret; TS=1");
    rotate(&cookies, "TS=2; Domain=.youtube.com; Path=/; Secure").await;
    assert_eq!(ts(&cookies).await.as_deref(), Some("2"));
    assert_eq!(ts(&folder.cookies()).await.as_deref(), Some("2"), "after a restart");
    assert_eq!(fs::read_to_string(folder.export()).unwrap(), export("1"));
    assert_eq!(fs::metadata(folder.kept()).unwrap().permissions().mode() & 0o777, 0o600);
    let files = fs::read_dir(folder.kept().parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "no temporary file is left");
}

#[tokio::test]
async fn only_what_differs_is_written() {
    let folder = Folder::new();
    folder.write("1");
    let cookies = folder.cookies();
    for (set_cookie, written) in [
        ("TS=1; Domain=.youtube.com; Path=/; Secure; Expires=Thu, 01-Jan-2099 00:00:00 GMT", false),
        ("SIDCC=restless; Domain=.youtube.com; Path=/", false),
        ("X=1; Domain=example.com", false),
        ("GONE=; Domain=.youtube.com; Max-Age=0", false),
        ("TS=; Domain=.youtube.com; Max-Age=0", true),
    ] {
        rotate(&cookies, set_cookie).await;
        assert_eq!(folder.kept().exists(), written, "{set_cookie}");
    }
    assert!(session(&cookies).await.header().ends_with("; SIDCC=restless"));
    assert_eq!(ts(&folder.cookies()).await, None, "deleted");
}

#[tokio::test]
async fn what_is_set_with_every_answer_is_no_other_sign_in() {
    let folder = Folder::new();
    folder.write("1");
    let cookies = folder.cookies();
    let before = session(&cookies).await;
    rotate(&cookies, "SIDCC=restless; Domain=.youtube.com; Path=/").await;
    assert!(session(&cookies).await.is_same_sign_in(&before));
    rotate(&cookies, "TS=2; Domain=.youtube.com; Path=/; Secure").await;
    assert!(!session(&cookies).await.is_same_sign_in(&before));
}

#[tokio::test]
async fn no_answer_ends_the_sign_in() {
    let folder = Folder::new();
    folder.write("1");
    let cookies = folder.cookies();
    for gone in [
        "LOGIN_INFO=; Domain=.youtube.com; Path=/",
        "LOGIN_INFO=EXPIRED; Domain=.youtube.com; Path=/; Expires=Thu, 01-Jan-1970 00:00:01 GMT",
        "SAPISID=x; Domain=.youtube.com; Path=/; Max-Age=0",
    ] {
        rotate(&cookies, gone).await;
    }
    assert!(!folder.kept().exists());
    let asked = session(&cookies).await;
    let both = ["SAPISID=; Domain=.youtube.com; Path=/", "TS=2; Domain=.youtube.com; Path=/; Secure"];
    cookies.rotate(&asked, both.map(str::to_owned).to_vec()).await;
    let expected = "SAPISID=s-secret; LOGIN_INFO=l-secret; TS=2";
    for cookies in [cookies, folder.cookies()] {
        assert_eq!(session(&cookies).await.header(), expected);
    }
}

#[tokio::test]
async fn a_sign_in_that_expired_since_is_tried_again_from_the_export() {
    let folder = Folder::new();
    folder.write("1");
    rotate(&folder.cookies(), "TS=2; Domain=.youtube.com; Path=/").await;
    let kept = fs::read_to_string(folder.kept()).unwrap();
    fs::write(folder.kept(), kept.replace("4070908800\tLOGIN_INFO", "1000\tLOGIN_INFO")).unwrap();
    assert_eq!(ts(&folder.cookies()).await.as_deref(), Some("1"), "after a restart");
}

#[tokio::test]
async fn a_new_export_takes_over_at_the_next_use() {
    let folder = Folder::new();
    folder.write("1");
    let cookies = folder.cookies();
    rotate(&cookies, "TS=2; Domain=.youtube.com; Path=/").await;
    let before = session(&cookies).await;
    cookies.note(&before, Standing::Refused("old".to_owned()));
    folder.write("3");
    assert_eq!(ts(&cookies).await.as_deref(), Some("3"));
    assert_eq!(cookies.standing(), Standing::Unknown);
    cookies.rotate(&before, vec!["TS=4; Domain=.youtube.com; Path=/".to_owned()]).await;
    assert_eq!(ts(&cookies).await.as_deref(), Some("3"), "an answer to the cookies of before");
    assert_eq!(ts(&folder.cookies()).await.as_deref(), Some("3"), "after a restart");

    let other = folder.0.path().join("other.txt");
    fs::write(&other, export("5")).unwrap();
    cookies.set_export(Some(&other));
    assert_eq!(ts(&cookies).await.as_deref(), Some("5"));
    cookies.set_export(None);
    assert!(cookies.session().await.unwrap().is_none() && !cookies.is_configured());
}

#[tokio::test]
async fn a_torn_file_of_ours_falls_back_to_the_export() {
    let folder = Folder::new();
    folder.write("1");
    rotate(&folder.cookies(), "TS=2; Domain=.youtube.com; Path=/").await;
    let whole = fs::read(folder.kept()).unwrap();
    for length in (0..whole.len() - 1).step_by(7) {
        fs::write(folder.kept(), &whole[..length]).unwrap();
        assert_eq!(ts(&folder.cookies()).await.as_deref(), Some("1"), "{length} bytes");
    }
    fs::write(folder.kept(), &whole).unwrap();
    assert_eq!(ts(&folder.cookies()).await.as_deref(), Some("2"));
}

#[tokio::test]
async fn an_export_of_no_use_is_told_until_it_is_made_right() {
    let folder = Folder::new();
    let cookies = folder.cookies();
    let signed_out = export("1").replace("LOGIN_INFO", "OTHER");
    let unsigned = export("1").replace("SAPISID", "OTHER");
    let expired = export("1").replace("4070908800", "1");
    let elsewhere = export("1").replace("youtube.com", "example.com");
    for (content, reason) in [
        (None, "cannot read `FILE`, which `youtube.cookies` names: No such file"),
        (Some("rubbish \0"), "`FILE` holds no cookies of youtube.com: a cookies.txt"),
        (Some(""), "`FILE` holds no cookies of youtube.com"),
        (Some(elsewhere.as_str()), "`FILE` holds no cookies of youtube.com"),
        (Some(&signed_out), "`FILE` lacks LOGIN_INFO: it was exported without"),
        (Some(&unsigned), "`FILE` lacks SAPISID"),
        (Some(&expired), "in `FILE`, LOGIN_INFO has expired"),
    ] {
        if let Some(content) = content {
            fs::write(folder.export(), content).unwrap();
        }
        let error = on_one_line(&cookies.session().await.unwrap_err());
        let reason = reason.replace("FILE", folder.export().to_str().unwrap());
        assert!(error.starts_with(&reason), "{error}");
        assert!(cookies.copy().await.is_none());
    }
    folder.write("1");
    assert_eq!(ts(&cookies).await.as_deref(), Some("1"));
    cookies.set_export(Some(folder.0.path()));
    assert!(on_one_line(&cookies.session().await.unwrap_err()).ends_with("it is no file"));
}

#[tokio::test]
async fn a_copy_is_its_readers_own() {
    let folder = Folder::new();
    folder.write("1");
    let cookies = folder.cookies();
    rotate(&cookies, "TS=2; Domain=.youtube.com; Path=/").await;
    let copy = cookies.copy().await.unwrap();
    let name = copy.path().file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with(crate::disk::TEMPORARY), "{name} is swept away should we be killed");
    assert_eq!(fs::metadata(copy.path()).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(copy.path()).unwrap();
    assert!(text.starts_with("# Netscape HTTP Cookie File\n") && text.contains("\tTS\t2\n"), "{text}");
    fs::write(copy.path(), "rewritten").unwrap();
    let other = cookies.copy().await.unwrap();
    assert_ne!(other.path(), copy.path());
    assert_eq!(fs::read_to_string(other.path()).unwrap(), text);
    let path = copy.path().to_owned();
    drop(copy);
    assert!(!path.exists() && other.path().exists());
    cookies.note(&*session(&cookies).await, Standing::Refused("expired".to_owned()));
    assert!(cookies.copy().await.is_none(), "what YouTube does not take is not shown");
}

#[tokio::test]
async fn nothing_shows_a_value() {
    let folder = Folder::new();
    folder.write("t-secret");
    let cookies = folder.cookies();
    let session = session(&cookies).await;
    let copy = cookies.copy().await;
    let shown = format!("{cookies:?} {session:?} {copy:?} {:?}", cookies.standing());
    assert!(!shown.contains("secret"), "{shown}");
}

proptest! {
    #[test]
    fn any_text_is_survived(text in r"[\x00-\x7f\u{e9}\u{1f3b5}]{0,200}", marks in "(curl -b '|cookie:|\\[\\{|\\.youtube\\.com\t)?") {
        let text = marks + &text;
        let jar = export::read(&text);
        let again: Jar = jar.to_netscape().lines().filter_map(export::netscape).collect();
        prop_assert!(again == jar, "{}", jar.to_netscape());
        if let Some(cookie) = set_cookie::parse(&text, HOST, Timestamp::now()) {
            prop_assert!(cookie.is_sound());
        }
    }
}

#[tokio::test]
async fn a_sign_in_that_has_expired_was_one() {
    let folder = Folder::new();
    folder.write("1");
    let ends = session(&folder.cookies()).await.ends().map(Timestamp::as_second);
    assert_eq!(ends, Some(4_070_908_800));
    for (login_info, sapisid, complaint) in [
        ("1000", "4070908800", "LOGIN_INFO has expired"),
        ("4070908800", "1000", "SAPISID has expired"),
        ("0", "1000", "SAPISID has expired"),
    ] {
        let text = format!(
            ".youtube.com\tTRUE\t/\tTRUE\t{login_info}\tLOGIN_INFO\tx\n\
             .youtube.com\tTRUE\t/\tTRUE\t{sapisid}\tSAPISID\tx\n"
        );
        fs::write(folder.export(), text).unwrap();
        let error = folder.cookies().session().await.map(|_| ()).unwrap_err();
        assert!(on_one_line(&error).contains(complaint), "{error}");
    }
    let endless = export("1").replace("4070908800", "0");
    fs::write(folder.export(), endless).unwrap();
    assert_eq!(session(&folder.cookies()).await.ends(), None);
}
