//! What to read: paths become files, files become streams of bytes.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::reader::Layout;

/// The endings of file names that are read when a folder is given.
const ENDINGS: [&str; 5] = ["ndjson", "jsonl", "json", "gz", "zst"];
/// How much of a `.json` file is looked at to tell lines from documents.
const HEAD: usize = 64 * 1024;
const BUFFER: usize = 256 * 1024;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One stream of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Stdin,
    File(PathBuf),
}

impl Source {
    /// Its name in messages: the path as given or found.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Stdin => "stdin".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Its name in alerts, where an event does not say its index: the last part of the path, which
    /// does not change when the file is read from another place.
    pub(crate) fn index(&self) -> String {
        match self {
            Self::Stdin => "stdin".to_owned(),
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    /// How many bytes it has on disk, as far as that is known.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(path) => {
                path.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
            }
        }
    }
}

/// The sources that the given paths stand for, in order; what stands for nothing, as a message.
///
/// `-` is standard input. A folder stands for the files in it and below it that have a known ending,
/// by name. A path with `*`, `?` or `[` that is no file is a pattern, where `**` is any number
/// of folders. `leave_out` are files that the run itself writes.
pub(crate) fn find(paths: &[PathBuf], leave_out: &[PathBuf]) -> Vec<Result<Source, String>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Ok(Source::Stdin));
        } else if path.is_dir() {
            walk(path, leave_out, &mut found);
        } else if !path.exists() && is_pattern(path) {
            expand(path, leave_out, &mut found);
        } else if is_one_of(path, leave_out) {
            found.push(Err(format!("{}: this run writes the file", path.display())));
        } else {
            found.push(Ok(Source::File(path.clone())));
        }
    }
    found
}

fn walk(folder: &Path, leave_out: &[PathBuf], found: &mut Vec<Result<Source, String>>) {
    for entry in walkdir::WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry) if !entry.file_type().is_file() || !has_ending(entry.path()) => {}
            Ok(entry) if is_one_of(entry.path(), leave_out) => {}
            Ok(entry) => found.push(Ok(Source::File(entry.into_path()))),
            Err(error) => found.push(Err(error.to_string())),
        }
    }
}

fn expand(pattern: &Path, leave_out: &[PathBuf], found: &mut Vec<Result<Source, String>>) {
    let title = pattern.display();
    let paths = match pattern.to_str().map(glob::glob) {
        Some(Ok(paths)) => paths,
        Some(Err(error)) => return found.push(Err(format!("{title}: {error}"))),
        None => return found.push(Err(format!("{title}: a pattern must be UTF-8"))),
    };
    let before = found.len();
    for path in paths {
        match path {
            Ok(path) if path.is_dir() => walk(&path, leave_out, found),
            Ok(path) if is_one_of(&path, leave_out) => {}
            Ok(path) => found.push(Ok(Source::File(path))),
            Err(error) => found.push(Err(error.to_string())),
        }
    }
    if found.len() == before {
        found.push(Err(format!("{title}: no file matches")));
    }
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn has_ending(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

fn is_one_of(path: &Path, others: &[PathBuf]) -> bool {
    !others.is_empty() && path.canonicalize().is_ok_and(|path| others.contains(&path))
}

/// The text of a source and how its records follow one another.
pub(crate) struct Opened<'a> {
    pub(crate) text: Box<dyn BufRead + 'a>,
    pub(crate) layout: Layout,
}

/// Opens a source, decompresses it where its first bytes say so, and looks at its layout.
///
/// `read` counts the bytes read from disk.
///
/// # Errors
/// Those of the file system, and of a compressed stream that is broken from the start.
pub(crate) fn open<'a>(
    source: &Source,
    stdin: &'a mut (dyn Read + '_),
    read: &Rc<Cell<u64>>,
) -> io::Result<Opened<'a>> {
    let (bytes, name): (Box<dyn Read + 'a>, &Path) = match source {
        Source::Stdin => (Box::new(stdin), Path::new("")),
        Source::File(path) => (Box::new(File::open(path)?), path),
    };
    let counted = Counted { input: bytes, read: Rc::clone(read) };
    let ending = innermost_ending(name);
    let is_json = ending.as_deref() == Some("json");
    let mut text =
        Peeked::new(decode(counted)?, if is_json { HEAD } else { BYTE_ORDER_MARK.len() });
    text.skip_start(BYTE_ORDER_MARK);
    let layout = match ending.as_deref() {
        Some("ndjson" | "jsonl") => Layout::Lines,
        _ => layout(text.head(), is_json),
    };
    Ok(Opened { text: Box::new(BufReader::with_capacity(BUFFER, text)), layout })
}

/// The ending of a file name in lower case, without that of its compression.
fn innermost_ending(path: &Path) -> Option<String> {
    let ending =
        |path: &Path| path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    match ending(path).as_deref() {
        Some("gz" | "zst") => ending(Path::new(path.file_stem()?)),
        other => other.map(str::to_owned),
    }
}

fn decode<'a>(bytes: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let bytes = Peeked::new(bytes, ZSTD.len());
    Ok(if bytes.head().starts_with(GZIP) {
        Box::new(flate2::read::MultiGzDecoder::new(bytes))
    } else if bytes.head() == ZSTD {
        Box::new(zstd::Decoder::new(bytes)?)
    } else {
        Box::new(bytes)
    })
}

/// A stream whose beginning was looked at.
struct Peeked<R> {
    head: Cursor<Vec<u8>>,
    /// What went wrong while looking; it shows when a reader gets there.
    failed: Option<io::Error>,
    rest: R,
}

impl<R: Read> Peeked<R> {
    /// Reads up to `count` bytes ahead.
    fn new(mut rest: R, count: usize) -> Self {
        let mut head = Vec::with_capacity(count);
        let failed = rest.by_ref().take(count as u64).read_to_end(&mut head).err();
        Self { head: Cursor::new(head), failed, rest }
    }

    fn head(&self) -> &[u8] {
        let start = usize::try_from(self.head.position()).unwrap_or(usize::MAX);
        self.head.get_ref().get(start..).unwrap_or_default()
    }

    fn skip_start(&mut self, start: &[u8]) {
        if self.head().starts_with(start) {
            self.head.set_position(self.head.position() + start.len() as u64);
        }
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.head.read(to)?;
        if count > 0 || to.is_empty() {
            return Ok(count);
        }
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.rest.read(to),
        }
    }
}

/// An array is a document, and so is an object that goes on after its first line.
fn layout(head: &[u8], is_json: bool) -> Layout {
    let head = head.trim_ascii_start();
    let first_line = memchr::memchr(b'\n', head).map(|end| &head[..end]);
    match head.first() {
        Some(b'[') => Layout::Documents,
        Some(_) if is_json && first_line.is_some_and(|line| !is_value(line)) => Layout::Documents,
        _ => Layout::Lines,
    }
}

fn is_value(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Counts the bytes that pass.
struct Counted<R> {
    input: R,
    read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(to)?;
        self.read.set(self.read.get() + count as u64);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_or_a_spread_object_is_a_document() {
        assert_eq!(layout(b" \n[{}]", false), Layout::Documents);
        assert_eq!(layout(b"{}\n{}\n", true), Layout::Lines);
        assert_eq!(layout(b"{\n}", true), Layout::Documents);
        assert_eq!(layout(b"{\n}", false), Layout::Lines);
        assert_eq!(layout(b"{\"a\": 1}", true), Layout::Lines);
        assert_eq!(layout(b"", true), Layout::Lines);
    }

    #[test]
    fn the_ending_of_the_compression_is_not_that_of_the_file() {
        let ending = |name| innermost_ending(Path::new(name));
        assert_eq!(ending("a/b.json.gz").as_deref(), Some("json"));
        assert_eq!(ending("b.NDJSON").as_deref(), Some("ndjson"));
        assert_eq!(ending("b.gz"), None);
        assert_eq!(ending(""), None);
    }

    #[test]
    fn looking_ahead_loses_nothing() {
        let mut text = Peeked::new(&b"abcdef"[..], 3);
        assert_eq!(text.head(), b"abc");
        text.skip_start(b"x");
        text.skip_start(b"a");
        let mut rest = String::new();
        text.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "bcdef");
    }
}
