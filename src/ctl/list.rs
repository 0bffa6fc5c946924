//! The playlists as a table.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::look::{Look, Tone, clean};
use super::moment::Clock;
use crate::control::Listed;

/// On a terminal too narrow for all columns, what is left for the names and the space behind them:
/// as much as their heading has.
const NARROWEST_NAME: u16 = 13;

/// The whole of `ytmpctl list`.
pub(super) fn table(playlists: &[Listed], clock: &Clock, look: &Look) -> String {
    if playlists.is_empty() {
        return "No playlists yet: `ytmpctl status` says why\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["Name in MPD", "Songs", "Updated", "Id"]);
    if let Some(width) = look.width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    for listed in playlists {
        let songs = listed.track_count.to_string();
        table.add_row([clean(&listed.virtual_name), songs, clock.ago(listed.updated), clean(&listed.id)]);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        // Only names are broken: nobody can copy half an id.
        column.set_constraint(match at {
            0 => ColumnConstraint::LowerBoundary(Width::Fixed(NARROWEST_NAME)),
            _ => ColumnConstraint::ContentWidth,
        });
        if at == 1 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for (at, line) in table.trim_fmt().lines().enumerate() {
        let heading = if at == 0 { look.paint(Tone::Heading, line) } else { line.to_owned() };
        text.push_str(&heading);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::look::Colour;
    use super::*;

    #[test]
    fn names_are_aligned_as_they_are_seen() {
        let listed = |name: &str, track_count| Listed {
            name: name.to_owned(),
            id: "PLx".to_owned(),
            track_count,
            virtual_name: format!("YT: {name}"),
            updated: "2025-10-17T11:48:00Z".parse().unwrap(),
        };
        let playlists = [listed("Focus", 12), listed("音楽 🎧", 5000), listed("e\u{301}\u{1b}[2J", 1)];
        let clock = Clock { now: "2025-10-17T12:00:00Z".parse().unwrap(), zone: TimeZone::UTC };
        let look = Look { width: None, colour: Colour::Never };
        let expected = "\
Name in MPD  Songs  Updated         Id
YT: Focus       12  12 minutes ago  PLx
YT: 音楽 🎧   5000  12 minutes ago  PLx
YT: e\u{301}\u{fffd}[2J        1  12 minutes ago  PLx
";
        let shown = table(&playlists, &clock, &look);
        assert_eq!(shown, expected, "{shown}");
        let id = "OLAK5uy_kz0123456789abcdefghijklmnopqrstu";
        let album = Listed { id: id.to_owned(), ..listed(&"long name ".repeat(30), 1) };
        let narrow = table(&[album], &clock, &Look { width: Some(80), ..look });
        assert!(narrow.lines().all(|line| line.chars().count() <= 80) && narrow.contains(id), "{narrow}");
        assert_eq!(table(&[], &clock, &look), "No playlists yet: `ytmpctl status` says why\n");
    }
}
