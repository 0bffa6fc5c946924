//! `ACK [code@index] {command} text`: MPD's way to say no.

/// MPD's error codes (`protocol/Ack.hxx`) that we send or tell apart ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckCode {
    /// 2: a bad argument.
    Arg,
    /// 4: not allowed.
    Permission,
    /// 50: there is no such thing.
    NoExist,
    /// 52: the system does not let us.
    System,
    /// 55: the player is not where it would have to be.
    PlayerSync,
    /// 56: it exists already.
    Exist,
}

impl AckCode {
    /// The number on the wire.
    pub fn number(self) -> u32 {
        match self {
            Self::Arg => 2,
            Self::Permission => 4,
            Self::NoExist => 50,
            Self::System => 52,
            Self::PlayerSync => 55,
            Self::Exist => 56,
        }
    }
}

/// How a [`Ack::no_permission`] begins.
const NO_PERMISSION: &[u8] = b"you don't have permission for ";

/// An error line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack<'a> {
    /// The code, as a number: MPD has more than we name.
    pub code: u32,
    /// Which command of a list failed, from 0; 0 outside of lists.
    pub index: u32,
    /// The failed command; empty when MPD did not get that far.
    pub command: &'a [u8],
    /// What went wrong.
    pub text: &'a [u8],
}

impl<'a> Ack<'a> {
    /// Takes a line apart, with or without its line break. `None` if it is no `ACK`.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_suffix(b"\n").unwrap_or(line).strip_prefix(b"ACK [")?;
        let (code, rest) = split_once(rest, b'@')?;
        let (index, rest) = split_once(rest, b']')?;
        let (command, text) = split_once(rest.strip_prefix(b" {")?, b'}')?;
        let text = text.strip_prefix(b" ").unwrap_or(text);
        Some(Self { code: number(code)?, index: number(index)?, command, text })
    }

    /// The text of MPD's answer to a command that the client may not use (`AllCommands.cxx`).
    pub fn no_permission(command: &[u8]) -> Vec<u8> {
        [NO_PERMISSION, b"\"", command, b"\""].concat()
    }

    /// Whether this is MPD's answer to a command that the client may not use.
    pub fn is_permission_refusal(&self) -> bool {
        self.code == AckCode::Permission.number() && self.text.starts_with(NO_PERMISSION)
    }

    /// Whether MPD can read no playlist there: there is none, or it cannot be reached, or MPD was
    /// built without the plugins (`queue/Playlist.cxx`, `command/PlaylistCommands.cxx`).
    pub fn says_no_such_playlist(&self) -> bool {
        self.code == AckCode::NoExist.number() && self.text == b"No such playlist"
    }

    /// Whether MPD cannot list its stored playlists: `playlist_directory` is not set, or the folder
    /// is missing or not to be read (`PlaylistFile.cxx`).
    pub fn says_playlists_cannot_be_listed(&self) -> bool {
        self.text == b"Stored playlists are disabled" || self.code == AckCode::System.number()
    }

    /// Writes the line.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("ACK [{}@{}] {{", self.code, self.index).as_bytes());
        out.extend_from_slice(self.command);
        out.extend_from_slice(b"} ");
        out.extend_from_slice(self.text);
        out.push(b'\n');
    }
}

fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = bytes.split_at_checked(memchr::memchr(at, bytes)?)?;
    Some((before, after.get(1..)?))
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_known_by_its_words() {
        let refusal = |code, text| Ack { code, index: 0, command: b"play", text };
        let text = Ack::no_permission(b"play");
        assert_eq!(text, b"you don't have permission for \"play\"");
        assert!(refusal(4, &text).is_permission_refusal());
        assert!(!refusal(2, &text).is_permission_refusal());
        assert!(!refusal(4, b"Access denied").is_permission_refusal());
    }

    #[test]
    fn acks_parse_and_print() {
        for line in [
            "ACK [50@3] {load} No such playlist\n",
            "ACK [5@0] {} unknown command \"x\"\n",
            "ACK [4@12] {play} you don't have permission for \"play\"\n",
            "ACK [5@0] {list} a } b\n",
        ] {
            let mut out = Vec::new();
            Ack::parse(line.as_bytes()).unwrap().write(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), line);
        }
        for line in ["ACK", "ACK [x@0] {} t", "ACK [5@0 {} t", "ACK [5@0] x", "ACK [5@-1] {} t", "OK"] {
            assert_eq!(Ack::parse(line.as_bytes()), None, "{line}");
        }
    }
}
