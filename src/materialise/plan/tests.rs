//! Every case of ownership, as a row of a table.

use super::*;

const OURS: &str = "http://h/aaaaaaaaaaa/audio\n";
const CHANGED: &str = "http://h/bbbbbbbbbbb/audio\n";
const MIXED: &str = "http://h/aaaaaaaaaaa/audio\nhttp://h/bbbbbbbbbbb/audio\n";
const OURS_AS_A_FILE: &str = "#EXTM3U\n#EXTINF:1,T\nhttp://h/aaaaaaaaaaa/audio\n";
const OURS_ELSEWHERE: &str = "http://other:1/aaaaaaaaaaa/audio\n";
const PYTHONS: &str = "http://h/proxy/aaaaaaaaaaa\n";
const EDITED: &str = "http://h/aaaaaaaaaaa/audio\na song.flac\n";

/// What there is under the name `A`, what is remembered of it, and what is wanted there.
#[derive(Clone, Copy, Debug)]
struct Case {
    found: Option<&'static str>,
    claimed: Claimed,
    wanted: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum Claimed {
    No,
    /// In a place that may be the same.
    Elsewhere,
    /// Maybe written, with nobody knows what.
    Unknown,
    /// The one or the other is there, if nobody has edited it.
    Writing([&'static str; 2]),
    /// A moment ago, with this content.
    Written(&'static str),
    /// With this content, at this stamp. What is found has the stamp 1.
    Seen(&'static str, &'static str),
    /// With this content, at the stamp 1, by a ytmpd that did not remember more.
    SeenOnly(&'static str),
}

fn content(lines: &str) -> Content {
    Content::of_lines(lines.as_bytes())
}

fn digest(lines: &str) -> Digest {
    content(lines).digest
}

fn claim(holds: Holds, wrote: &[&str]) -> Claim {
    let wrote = wrote.iter().map(|lines| content(lines).songs).collect();
    Claim { id: "PLa".parse().unwrap(), holds, wrote }
}

fn wanted(name: &str, lines: &str) -> (Box<str>, Wanted) {
    let updated = jiff::Timestamp::UNIX_EPOCH;
    let playlist = Playlist { id: "PLa".parse().unwrap(), title: name.into(), entries: vec![], updated };
    (name.into(), Wanted { playlist: Arc::new(playlist), content: content(lines) })
}

/// Whether its content is asked for, what is done, and whether it is the user's.
fn decide(case: Case) -> (bool, Option<Act>, bool) {
    let stamp: Stamp = "1".into();
    let found: Found = case.found.iter().map(|_| (b"A".as_slice().into(), stamp.clone())).collect();
    let claim = match case.claimed {
        Claimed::No | Claimed::Elsewhere => None,
        Claimed::Unknown => Some(claim(Holds::Unknown, &[])),
        Claimed::Writing(lines) => Some(claim(Holds::Unknown, &lines)),
        Claimed::Written(lines) => Some(claim(Holds::Written(digest(lines)), &[lines])),
        Claimed::SeenOnly(lines) => Some(claim(Holds::Seen(digest(lines), "1".into()), &[])),
        Claimed::Seen(lines, stamp) => Some(claim(Holds::Seen(digest(lines), stamp.into()), &[lines])),
    };
    let claims = claim.into_iter().map(|claim| ("A".into(), claim)).collect();
    let wanted = case.wanted.iter().map(|lines| wanted("A", lines)).collect();
    let elsewhere = matches!(case.claimed, Claimed::Elsewhere).then(|| "A".into());
    let ours_elsewhere = elsewhere.into_iter().collect();
    let situation = Situation {
        found: &found,
        claims: &claims,
        wanted: &wanted,
        ours_elsewhere: &ours_elsewhere,
        claimable: &HashSet::new(),
    };
    let doubtful = situation.doubtful();
    let content = content(case.found.unwrap_or_default());
    let read = doubtful.iter().map(|name| (name.clone(), content)).collect();
    let plan = situation.plan(&read);
    let users = situation.users(&plan);
    (!doubtful.is_empty(), plan.get("A").cloned(), users.contains(b"A".as_slice()))
}

#[test]
fn whose_it_is_and_what_is_done() {
    use Claimed::{Elsewhere, No, Seen, SeenOnly, Unknown, Writing, Written};
    let aside = || "A (edited)".into();
    let new = || Act::Write(Before::Nothing);
    let again = || Act::Write(Before::Ours);
    let rescued = || Act::Write(Before::Edited(aside()));
    let (user, ours) = (true, false);
    type Row = (Option<&'static str>, Claimed, Option<&'static str>, bool, Option<Act>, bool);
    let rows: &[Row] = &[
        // found, claimed, wanted; read, act, whose
        (None, No, Some(OURS), false, Some(new()), ours),
        (None, Unknown, Some(OURS), false, Some(new()), ours),
        // Deleted by hand.
        (None, Seen(OURS, "1"), Some(OURS), false, Some(new()), ours),
        (None, Written(OURS), Some(OURS), false, Some(new()), ours),
        (None, Seen(OURS, "1"), None, false, Some(Act::Forget), ours),
        // Nobody's business but the user's.
        (Some(EDITED), No, Some(OURS), true, None, user),
        (Some(CHANGED), No, Some(OURS), true, None, user),
        (Some(""), No, Some(OURS), true, None, user),
        (Some(OURS), No, None, false, None, user),
        (Some(PYTHONS), No, None, false, None, user),
        // Taken over.
        (Some(OURS), No, Some(OURS), true, Some(Act::Keep), ours),
        (Some(""), No, Some(""), true, Some(Act::Keep), ours),
        (Some(PYTHONS), No, Some(OURS), true, Some(again()), ours),
        (Some(CHANGED), Elsewhere, Some(OURS), true, Some(again()), ours),
        (Some(""), Elsewhere, Some(OURS), true, Some(again()), ours),
        (Some(EDITED), Elsewhere, Some(OURS), true, None, user),
        // As it should be: nothing is read, nothing is done.
        (Some(OURS), Seen(OURS, "1"), Some(OURS), false, None, ours),
        (Some(OURS), Written(OURS), Some(OURS), false, None, ours),
        // Another stamp, the same content.
        (Some(OURS), Seen(OURS, "0"), Some(OURS), true, Some(Act::Keep), ours),
        (Some(OURS), Unknown, Some(OURS), true, Some(Act::Keep), ours),
        // It is not written down yet what we wrote.
        (Some(OURS), SeenOnly(OURS), Some(OURS), false, Some(Act::Keep), ours),
        // Changed on YouTube.
        (Some(OURS), Seen(OURS, "1"), Some(CHANGED), false, Some(again()), ours),
        (Some(OURS), Written(OURS), Some(CHANGED), true, Some(again()), ours),
        (Some(OURS), Unknown, Some(CHANGED), true, Some(again()), ours),
        // The relay has moved.
        (Some(OURS_ELSEWHERE), Seen(OURS_ELSEWHERE, "1"), Some(OURS), false, Some(again()), ours),
        // Gone from YouTube, or not wanted in MPD.
        (Some(OURS), Seen(OURS, "1"), None, false, Some(Act::Remove), ours),
        (Some(OURS), Written(OURS), None, true, Some(Act::Remove), ours),
        (Some(PYTHONS), Unknown, None, true, Some(Act::Remove), ours),
        (Some(""), Unknown, None, true, Some(Act::Remove), ours),
        // It broke off while it was written, or was rewritten by MPD; what is wanted is another by now.
        (Some(OURS), Writing([OURS, CHANGED]), Some(OURS_ELSEWHERE), true, Some(again()), ours),
        (Some(CHANGED), Writing([OURS, CHANGED]), Some(OURS_ELSEWHERE), true, Some(again()), ours),
        (Some(CHANGED), Writing([OURS, CHANGED]), None, true, Some(Act::Remove), ours),
        (Some(PYTHONS), Writing([OURS, CHANGED]), Some(OURS), true, Some(again()), ours),
        (Some(OURS), Seen(OURS_AS_A_FILE, "0"), Some(OURS_AS_A_FILE), true, Some(again()), ours),
        (Some(OURS), Seen(OURS_AS_A_FILE, "0"), Some(CHANGED), true, Some(again()), ours),
        // Edited by hand: songs taken out, songs of ours or of the user's put in.
        (Some(""), Seen(OURS, "0"), Some(OURS), true, Some(again()), ours),
        (Some(CHANGED), Seen(OURS, "0"), Some(OURS), true, Some(rescued()), ours),
        (Some(CHANGED), Written(OURS), None, true, Some(Act::SetAside(aside())), ours),
        (Some(MIXED), Writing([OURS, CHANGED]), Some(OURS), true, Some(rescued()), ours),
        (Some(MIXED), Unknown, Some(OURS), true, Some(again()), ours),
        (Some(EDITED), Seen(OURS, "0"), Some(OURS), true, Some(rescued()), ours),
        (Some(EDITED), Seen(OURS, "0"), Some(CHANGED), true, Some(rescued()), ours),
        (Some(EDITED), Written(OURS), Some(CHANGED), true, Some(rescued()), ours),
        (Some(EDITED), Unknown, Some(OURS), true, Some(rescued()), ours),
        (Some(EDITED), Seen(OURS, "0"), None, true, Some(Act::SetAside(aside())), ours),
    ];
    for (found, claimed, wanted, read, act, whose) in rows.iter().cloned() {
        let case = Case { found, claimed, wanted };
        assert_eq!(decide(case), (read, act, whose), "{case:?}");
    }
}

#[test]
fn what_could_not_be_read_is_left_alone() {
    let found: Found = [(b"A".as_slice().into(), "1".into())].into();
    let claims = [("A".into(), claim(Holds::Seen(digest(OURS), "0".into()), &[OURS]))].into();
    for wanted in [Wants::new(), [wanted("A", CHANGED)].into()] {
        let nothing = HashSet::new();
        let situation = Situation {
            found: &found,
            claims: &claims,
            wanted: &wanted,
            ours_elsewhere: &nothing,
            claimable: &nothing,
        };
        assert_eq!(situation.doubtful(), ["A".into()]);
        assert_eq!(situation.plan(&Readings::new()), Plan::new());
    }
}

#[test]
fn a_name_that_is_in_use_is_not_given_to_what_was_edited() {
    let names: [&[u8]; 4] = [b"A", b"B", b"A (edited)", b"not \xff utf-8"];
    let found: Found = names.map(|name| (name.into(), "1".into())).into();
    let claims = ["A", "B"].map(|name| (name.into(), claim(Holds::Unknown, &[OURS]))).into();
    let wanted = [wanted("A", OURS), wanted("A (edited) (2)", OURS)].into();
    let nothing = HashSet::new();
    let situation = Situation {
        found: &found,
        claims: &claims,
        wanted: &wanted,
        ours_elsewhere: &nothing,
        claimable: &nothing,
    };
    let edited = content(EDITED);
    let read = ["A", "B"].map(|name| (name.into(), edited)).into();
    let plan = situation.plan(&read);
    let expected: Plan = [
        ("A".into(), Act::Write(Before::Edited("A (edited) (3)".into()))),
        ("A (edited) (2)".into(), Act::Write(Before::Nothing)),
        ("B".into(), Act::SetAside("B (edited)".into())),
    ]
    .into();
    assert_eq!(plan, expected);
    let users: [Box<[u8]>; 2] = [b"A (edited)".as_slice().into(), b"not \xff utf-8".as_slice().into()];
    assert_eq!(situation.users(&plan), users.into());
}

#[test]
fn playlists_may_swap_their_names() {
    let found: Found = [b"A", b"B"].map(|name| (name.as_slice().into(), "1".into())).into();
    let seen = |lines: &str| claim(Holds::Seen(digest(lines), "1".into()), &[lines]);
    let claims = [("A".into(), seen(OURS)), ("B".into(), seen(CHANGED))].into();
    let wanted = [wanted("A", CHANGED), wanted("B", OURS)].into();
    let nothing = HashSet::new();
    let situation = Situation {
        found: &found,
        claims: &claims,
        wanted: &wanted,
        ours_elsewhere: &nothing,
        claimable: &nothing,
    };
    let plan = situation.plan(&Readings::new());
    let again = || Act::Write(Before::Ours);
    assert_eq!(plan, [("A".into(), again()), ("B".into(), again())].into());
}

#[test]
fn what_may_become_ours_is_nobodys_until_it_is_asked_for() {
    let found: Found = [(b"A".as_slice().into(), "1".into())].into();
    let (claims, nothing, claimable) = (BTreeMap::new(), HashSet::new(), HashSet::from(["A".into()]));
    for (found_there, wanted, is_users) in [
        (PYTHONS, Wants::new(), false),
        (PYTHONS, [wanted("A", OURS)].into(), false),
        (OURS, [wanted("A", OURS)].into(), false),
        (OURS, [wanted("A", CHANGED)].into(), true),
    ] {
        let situation = Situation {
            found: &found,
            claims: &claims,
            wanted: &wanted,
            ours_elsewhere: &nothing,
            claimable: &claimable,
        };
        let read = [("A".into(), content(found_there))].into();
        let users = situation.users(&situation.plan(&read));
        assert_eq!(!users.is_empty(), is_users, "{found_there:?}, wanted: {wanted:?}");
    }
}
