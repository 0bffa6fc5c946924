//! `albumart` and `readpicture` of local files, in chunks of every size and from every offset.

use super::music::PICTURE;
use super::script::Script;
use super::sizes::Size;

/// The chunk sizes that MPD takes are 64 to 8 400 896.
const LIMITS: [usize; 6] = [63, 64, 65, 8192, 8_400_896, 8_400_897];

pub(super) fn scripts(size: Size) -> Vec<Script> {
    let mut scripts = Vec::new();
    let step = size.of(29, 1);
    let offsets: Vec<usize> =
        (0..=PICTURE.len() + 1).step_by(step).chain([PICTURE.len(), PICTURE.len() + 1]).collect();
    let limits = (66..PICTURE.len() + 2).step_by(step).chain(LIMITS);
    for limit in limits {
        let ask =
            |offset| format!("albumart album/song.flac {offset}\nreadpicture album/song.flac {offset}\n");
        let asks: String = offsets.iter().map(ask).collect();
        // An offset that is too large ends a list.
        let good = offsets.iter().filter(|&&offset| offset <= PICTURE.len()).map(ask).collect::<String>();
        let limit = format!("binarylimit {limit}\n");
        scripts.push(Script::whole("a picture", format!("{limit}{asks}ping\n")));
        for begin in ["command_list_begin\n", "command_list_ok_begin\n"] {
            scripts.push(Script::whole(
                "a picture",
                format!("{limit}{begin}{good}ping\ncommand_list_end\nping\n"),
            ));
            scripts.push(Script::whole(
                "a picture",
                format!("{begin}{limit}ping\n{asks}command_list_end\nping\n"),
            ));
        }
    }
    for limit in [8192, 50_000, 100_000, 1_000_000] {
        for (command, whole) in [("albumart \"a b/x\"", 95_000), ("readpicture album/large.flac", 95_000)] {
            let chunks: String =
                (0..whole).step_by(limit).map(|offset| format!("{command} {offset}\n")).collect();
            scripts.push(Script::whole("a large picture", format!("binarylimit {limit}\n{chunks}status\n")));
        }
    }
    scripts
}
