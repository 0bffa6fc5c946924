//! Uncompressed silence in a webm file (RFC 9559), with its index in front, as YouTube has it.

/// Each block, in milliseconds, and how many there are to a cluster.
const BLOCK: u16 = 100;
const BLOCKS: u16 = 50;

/// One channel of 16 bits at 48 kHz, in bytes per millisecond.
const RATE: usize = 96;

/// A file of so many seconds.
pub(super) fn webm(seconds: u64) -> Vec<u8> {
    let cluster_seconds = u64::from(BLOCK * BLOCKS / 1000);
    let clusters: Vec<u64> =
        (0..seconds / cluster_seconds).map(|number| number * cluster_seconds * 1000).collect();
    let head = [
        element(&[0x15, 0x49, 0xA9, 0x66], &info(seconds)),
        element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &track())),
    ]
    .concat();
    // The index is as long wherever it says that they begin.
    let length = element(CUES, &cues(&clusters, 0, 0)).len();
    let size = cluster(0).len();
    let cues = element(CUES, &cues(&clusters, head.len() + length, size));
    let ebml = element(&[0x1A, 0x45, 0xDF, 0xA3], &element(&[0x42, 0x82], b"webm"));
    let rest: Vec<u8> = clusters.into_iter().flat_map(cluster).collect();
    [ebml, element(&[0x18, 0x53, 0x80, 0x67], &[head, cues, rest].concat())].concat()
}

const CUES: &[u8] = &[0x1C, 0x53, 0xBB, 0x6B];

fn info(seconds: u64) -> Vec<u8> {
    let milliseconds = element(&[0x44, 0x89], &(seconds as f64 * 1000.0).to_be_bytes());
    [number(&[0x2A, 0xD7, 0xB1], 1_000_000), milliseconds].concat()
}

fn track() -> Vec<u8> {
    let audio = [element(&[0xB5], &48_000_f64.to_be_bytes()), number(&[0x9F], 1), number(&[0x62, 0x64], 16)];
    [
        number(&[0xD7], 1),
        number(&[0x73, 0xC5], 1),
        number(&[0x83], 2),
        element(&[0x86], b"A_PCM/INT/LIT"),
        element(&[0xE1], &audio.concat()),
    ]
    .concat()
}

/// Where the clusters of so many bytes are, the first `from` after the segment's beginning.
fn cues(clusters: &[u64], from: usize, size: usize) -> Vec<u8> {
    let places = (from..).step_by(size.max(1));
    let cue = |(&time, place): (&u64, usize)| {
        let position = [number(&[0xF7], 1), number(&[0xF1], place as u64)].concat();
        element(&[0xBB], &[number(&[0xB3], time), element(&[0xB7], &position)].concat())
    };
    clusters.iter().zip(places).flat_map(cue).collect()
}

fn cluster(time: u64) -> Vec<u8> {
    let block = |number: u16| {
        let [high, low] = (number * BLOCK).to_be_bytes();
        let mut content = vec![0x81, high, low, 0x80];
        content.resize(content.len() + usize::from(BLOCK) * RATE, 0);
        element(&[0xA3], &content)
    };
    let blocks = (0..BLOCKS).flat_map(block);
    let content: Vec<u8> = number(&[0xE7], time).into_iter().chain(blocks).collect();
    element(&[0x1F, 0x43, 0xB6, 0x75], &content)
}

fn number(id: &[u8], value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

/// Its id, its size in eight bytes, and what is in it.
fn element(id: &[u8], content: &[u8]) -> Vec<u8> {
    let [_, size @ ..] = (content.len() as u64).to_be_bytes();
    [id, &[0x01], &size, content].concat()
}
