//! The schema: which fields events have, and of which EQL type each is.
//!
//! The built-in fields are those of the Elastic Common Schema, of Elastic Endpoint, and of the
//! integrations that Elastic's rules read; `data/fields.tsv` lists them. A project adds its own in
//! `eql.toml`, see [`config`](crate::config).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::suggest::closest;
use crate::table;

/// Sorted lines `path TAB type TAB flags`, after lines that start with `#`.
///
/// It stays text and is searched in place: procedural macros run unoptimised, and a parse of the
/// whole table would cost more than all lookups of a rule.
static TABLE: &str = include_str!("../data/fields.tsv");

/// The EQL type of a field or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// A whole number of 64 bits with sign.
    Long,
    /// A whole number of 64 bits without sign.
    UnsignedLong,
    /// A floating-point number of 64 bits.
    Double,
    /// A string, compared with case.
    Keyword,
    /// A point in time.
    Date,
    /// An IP address, version 4 or 6.
    Ip,
    /// A string, ordered as semantic versions.
    Version,
    /// The type of `null` alone; no field has it.
    Null,
}

impl Type {
    /// The types that Elasticsearch mappings know for values, and the EQL type of each.
    pub const MAPPINGS: &[(&str, Self)] = &[
        ("boolean", Self::Boolean),
        ("byte", Self::Long),
        ("constant_keyword", Self::Keyword),
        ("date", Self::Date),
        ("date_nanos", Self::Date),
        ("double", Self::Double),
        ("float", Self::Double),
        ("half_float", Self::Double),
        ("integer", Self::Long),
        ("ip", Self::Ip),
        ("keyword", Self::Keyword),
        ("long", Self::Long),
        ("match_only_text", Self::Keyword),
        ("scaled_float", Self::Double),
        ("short", Self::Long),
        ("text", Self::Keyword),
        ("unsigned_long", Self::UnsignedLong),
        ("version", Self::Version),
        ("wildcard", Self::Keyword),
    ];

    /// The name in messages and metadata: `keyword`, `long`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Long => "long",
            Self::UnsignedLong => "unsigned_long",
            Self::Double => "double",
            Self::Keyword => "keyword",
            Self::Date => "date",
            Self::Ip => "ip",
            Self::Version => "version",
            Self::Null => "null",
        }
    }

    /// The name of the marker type in `eql::field`; `None` for [`Type::Null`].
    #[must_use]
    pub const fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::Boolean => "Boolean",
            Self::Long => "Long",
            Self::UnsignedLong => "UnsignedLong",
            Self::Double => "Double",
            Self::Keyword => "Keyword",
            Self::Date => "Date",
            Self::Ip => "Ip",
            Self::Version => "Version",
            Self::Null => return None,
        })
    }

    /// The EQL type of a field that Elasticsearch maps as `mapping`; `None` where such a field
    /// holds no single value.
    #[must_use]
    pub fn from_mapping(mapping: &str) -> Option<Self> {
        Self::MAPPINGS.iter().find(|(name, _)| *name == mapping).map(|(_, ty)| *ty)
    }
}

/// What stands under a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Values of this type: none, one or several.
    Value(Type),
    /// An object or an array of objects; only its members hold values.
    Objects,
    /// Something that EQL cannot read, such as a `geo_point` or a `histogram`.
    Other,
}

/// Who says that a field exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The built-in table.
    Builtin,
    /// The project's `eql.toml`.
    Own,
    /// A built-in `flattened` field: whatever stands below one is a keyword.
    Flattened,
}

/// What the schema knows of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// The path with dots.
    pub path: Cow<'static, str>,
    /// What stands there.
    pub holds: Holds,
    /// Who says so.
    pub origin: Origin,
    /// Whether an event, or one object of a list of objects, carries an array there; `None` where
    /// the sources do not say.
    pub array: Option<bool>,
    /// A second index of its parent, such as `process.name.caseless`: Elasticsearch can be asked
    /// for it, but no event carries it.
    pub multi_field: bool,
}

/// The fields that rules may read.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    own: BTreeMap<String, Type>,
}

impl Schema {
    /// The built-in fields alone.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static BUILTIN: Schema = Schema { own: BTreeMap::new() };
        &BUILTIN
    }

    /// The built-in fields and a project's own.
    ///
    /// A project may give a built-in path another type: then that holds in its rules and events.
    #[must_use]
    pub fn with_own(fields: impl IntoIterator<Item = (String, Type)>) -> Self {
        Self { own: fields.into_iter().collect() }
    }

    /// What stands under `path`; `None` where no event has such a field. Paths are compared with
    /// case.
    ///
    /// A path that is not listed itself but has members, such as `process`, holds objects.
    #[must_use]
    pub fn lookup(&self, path: &str) -> Option<FieldInfo> {
        let own = self.own_field(path);
        let builtin = builtin_field(path);
        if own.as_ref().map(|field| field.holds) == builtin.as_ref().map(|field| field.holds) {
            return builtin
                .or_else(|| below_flattened(path))
                .or_else(|| self.parent_of_others(path));
        }
        own.or(builtin).or_else(|| below_flattened(path)).or_else(|| self.parent_of_others(path))
    }

    /// The project's own fields, by path.
    pub fn own(&self) -> impl Iterator<Item = (&str, Type)> {
        self.own.iter().map(|(path, ty)| (path.as_str(), *ty))
    }

    /// The path that was probably meant by one that does not exist.
    ///
    /// Looks for the same path in another case, for one with further segments (`command_line` for
    /// `process.command_line`) where only one of that length exists, for one without its first
    /// segments, and for one that differs by a typing mistake.
    #[must_use]
    pub fn suggest(&self, path: &str) -> Option<String> {
        let paths = || self.paths();
        let found = paths()
            .find(|known| known.eq_ignore_ascii_case(path))
            .or_else(|| only_shortest(paths().filter(|known| has_segments(known, path))))
            .or_else(|| {
                suffixes(path).find_map(|tail| paths().find(|k| k.eq_ignore_ascii_case(tail)))
            })
            .or_else(|| closest(path, paths().filter(|known| plausible(known, path))))?;
        Some(found.to_owned())
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        lines().map(|line| line.path).chain(self.own.keys().map(String::as_str))
    }

    fn own_field(&self, path: &str) -> Option<FieldInfo> {
        let ty = *self.own.get(path)?;
        Some(FieldInfo {
            path: Cow::Owned(path.to_owned()),
            holds: Holds::Value(ty),
            origin: Origin::Own,
            array: None,
            multi_field: false,
        })
    }

    fn parent_of_others(&self, path: &str) -> Option<FieldInfo> {
        let prefix = format!("{path}.");
        let origin = if first_from(&prefix).is_some_and(|l| l.path.starts_with(&prefix)) {
            Origin::Builtin
        } else {
            let (next, _) = self.own.range(prefix.clone()..).next()?;
            next.starts_with(&prefix).then_some(Origin::Own)?
        };
        Some(FieldInfo {
            path: Cow::Owned(path.to_owned()),
            holds: Holds::Objects,
            origin,
            array: None,
            multi_field: false,
        })
    }
}

/// Every built-in field, by path.
pub fn builtin_fields() -> impl Iterator<Item = FieldInfo> {
    lines().map(Line::info)
}

/// What the built-in table has the path from: `ecs`, `endpoint`, or `other` for integrations; several of them or, where it
/// is not in the table itself, none.
#[must_use]
pub fn sources(path: &str) -> Vec<&'static str> {
    let Some(line) = first_from(path).filter(|line| line.path == path) else { return Vec::new() };
    ["ecs", "endpoint", "other"].into_iter().filter(|source| line.has(source)).collect()
}

/// The name of a built-in path's type in `eql::ecs`: `process_Ext_token_integrity_level`.
///
/// Dots and other characters that identifiers do not have become `_`, a leading `@` is dropped,
/// case is kept, and a keyword of Rust gets a `_` at its end. No two built-in paths have the same
/// name: where two would, the one with fewer dots writes its own underscores twice.
#[must_use]
pub fn rust_ident(path: &str) -> String {
    /// The paths with fewer dots of all pairs that would collide; a test derives the same list.
    const DOUBLED: &[&str] = &["agent_id", "device.product_id", "user_id"];
    const KEYWORDS: &[&str] = &["type"];

    let doubled = DOUBLED.contains(&path);
    let mut ident = String::with_capacity(path.len() + 1);
    for c in path.trim_start_matches('@').chars() {
        match c {
            '_' if doubled => ident.push_str("__"),
            c if c.is_ascii_alphanumeric() => ident.push(c),
            _ => ident.push('_'),
        }
    }
    if KEYWORDS.contains(&ident.as_str()) {
        ident.push('_');
    }
    ident
}

/// The longest path of an own field, in bytes.
pub const OWN_PATH_MAX: usize = 128;

/// A path as the arguments of `eql::field::Own`: 128 bytes, zero padded, each word little endian.
///
/// `None` for a path longer than [`OWN_PATH_MAX`].
#[must_use]
pub fn own_words(path: &str) -> Option<[u128; 8]> {
    let mut bytes = [0; OWN_PATH_MAX];
    bytes.get_mut(..path.len())?.copy_from_slice(path.as_bytes());
    let mut words = [0; 8];
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(16)) {
        let mut part = [0; 16];
        part.copy_from_slice(chunk);
        *word = u128::from_le_bytes(part);
    }
    Some(words)
}

/// The values that ECS allows in `event.category`, and those that Elastic Endpoint writes besides.
pub const EVENT_CATEGORIES: &[&str] = &[
    "api",
    "authentication",
    "configuration",
    "credential_access",
    "database",
    "device",
    "dns",
    "driver",
    "email",
    "file",
    "host",
    "iam",
    "intrusion_detection",
    "library",
    "malware",
    "network",
    "package",
    "persistence",
    "process",
    "registry",
    "session",
    "threat",
    "vulnerability",
    "web",
];

/// Whether ECS or Elastic Endpoint has this event category. Compares with case, as EQL does.
#[must_use]
pub fn known_category(category: &str) -> bool {
    EVENT_CATEGORIES.contains(&category)
}

/// The event category that was probably meant.
#[must_use]
pub fn suggest_category(category: &str) -> Option<&'static str> {
    EVENT_CATEGORIES
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(category))
        .or_else(|| closest(category, EVENT_CATEGORIES.iter().copied()))
}

/// One line of [`TABLE`].
#[derive(Clone, Copy)]
struct Line {
    path: &'static str,
    ty: &'static str,
    flags: &'static str,
}

impl Line {
    fn parse(text: &'static str) -> Self {
        let mut columns = text.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        Self { path: next(), ty: next(), flags: next() }
    }

    fn has(self, flag: &str) -> bool {
        self.flags.split(',').any(|f| f == flag)
    }

    fn info(self) -> FieldInfo {
        let holds = match self.ty {
            "object" | "nested" => Holds::Objects,
            ty => Type::from_mapping(ty).map_or(Holds::Other, Holds::Value),
        };
        let array = match (self.has("array"), self.has("single")) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        FieldInfo {
            path: Cow::Borrowed(self.path),
            holds,
            origin: Origin::Builtin,
            array,
            multi_field: self.has("multi"),
        }
    }
}

fn lines() -> impl Iterator<Item = Line> {
    TABLE.lines().filter(|text| !text.starts_with('#')).map(Line::parse)
}

fn builtin_field(path: &str) -> Option<FieldInfo> {
    first_from(path).filter(|line| line.path == path).map(Line::info)
}

/// The first line whose path is not less than `path`.
fn first_from(path: &str) -> Option<Line> {
    table::line_from(TABLE, path).map(Line::parse)
}

fn below_flattened(path: &str) -> Option<FieldInfo> {
    let dots = path.match_indices('.').map(|(at, _)| at);
    let mut parents =
        dots.filter_map(|at| first_from(&path[..at]).filter(|l| l.path == &path[..at]));
    parents.find(|line| line.has("flattened")).map(|_| FieldInfo {
        path: Cow::Owned(path.to_owned()),
        holds: Holds::Value(Type::Keyword),
        origin: Origin::Flattened,
        array: None,
        multi_field: false,
    })
}

/// Whether `known` has all segments of `path` in order, the last one last, ignoring case.
fn has_segments(known: &str, path: &str) -> bool {
    let mut left = known.rsplit('.');
    let mut wanted = path.rsplit('.');
    let same =
        |a: Option<&str>, b: Option<&str>| a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    same(left.next(), wanted.next())
        && wanted.all(|segment| left.any(|other| other.eq_ignore_ascii_case(segment)))
}

/// The path with the fewest segments, where there is only one such.
fn only_shortest<'a>(paths: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    let mut tied = false;
    for path in paths {
        let segments = path.split('.').count();
        match best.map_or(Ordering::Less, |(least, _)| segments.cmp(&least)) {
            Ordering::Less => (best, tied) = (Some((segments, path)), false),
            Ordering::Equal => tied = true,
            Ordering::Greater => {}
        }
    }
    best.filter(|_| !tied).map(|(_, path)| path)
}

/// The path without its first segment, without its first two, and so on.
fn suffixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('.').map(|(at, _)| &path[at + 1..]).filter(|tail| tail.contains('.'))
}

/// Whether `known` may be a slip of `path`: as many segments, and each near its counterpart.
///
/// In a table of thousands of paths, some path is always a few edits away from any other.
fn plausible(known: &str, path: &str) -> bool {
    let near = |(known, written): (&str, &str)| {
        let edits =
            strsim::osa_distance(&known.to_ascii_lowercase(), &written.to_ascii_lowercase());
        edits <= 1 + known.len() / 6
    };
    known.split('.').count() == path.split('.').count()
        && known.split('.').zip(path.split('.')).all(near)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn value(path: &str) -> Option<Type> {
        match Schema::builtin().lookup(path)?.holds {
            Holds::Value(ty) => Some(ty),
            _ => None,
        }
    }

    #[test]
    fn table_is_sorted_ascii() {
        assert!(TABLE.is_ascii());
        let paths: Vec<&str> = lines().map(|line| line.path).collect();
        assert!(paths.is_sorted() && paths.len() > 4_000);
    }

    #[test]
    fn every_line_is_found() {
        for line in lines() {
            assert_eq!(Schema::builtin().lookup(line.path), Some(line.info()), "{}", line.path);
        }
    }

    #[test]
    fn lookup_knows_types() {
        for (path, ty) in [
            ("@timestamp", Type::Date),
            ("process.name", Type::Keyword),
            ("process.pid", Type::Long),
            ("host.ip", Type::Ip),
            ("winlog.event_data.TargetUserSid", Type::Keyword),
            ("process.Ext.effective_parent.name", Type::Keyword),
            ("process.thread.Ext.call_stack.allocation_private_bytes", Type::UnsignedLong),
            ("kubernetes.audit.annotations.authorization_k8s_io/decision", Type::Keyword),
        ] {
            assert_eq!(value(path), Some(ty), "{path}");
        }
        for path in ["", "process.nmae", "Process.name", "process.name.x", "zzz", "# Fields", "."] {
            assert_eq!(Schema::builtin().lookup(path), None, "{path:?}");
        }
    }

    #[test]
    fn objects_hold_objects() {
        for path in ["process", "process.thread.Ext.call_stack", "process.Ext", "dll.pe.sections"] {
            assert_eq!(Schema::builtin().lookup(path).expect(path).holds, Holds::Objects, "{path}");
        }
        let geo = Schema::builtin().lookup("source.geo.location").expect("known");
        assert_eq!(geo.holds, Holds::Other);
    }

    #[test]
    fn below_flattened_everything_is_keyword() {
        let info = Schema::builtin().lookup("file.pe.imports.kernel32.dll").expect("flattened");
        assert_eq!((info.holds, info.origin), (Holds::Value(Type::Keyword), Origin::Flattened));
        assert_eq!(value("file.pe.imports"), Some(Type::Keyword));
    }

    #[test]
    fn own_fields_are_found() {
        let own = [("acme.score".to_owned(), Type::Long), ("user".to_owned(), Type::Keyword)];
        let schema = Schema::with_own(own);
        let info = schema.lookup("acme.score").expect("own");
        assert_eq!((info.holds, info.origin), (Holds::Value(Type::Long), Origin::Own));
        assert_eq!(schema.lookup("acme").expect("parent").holds, Holds::Objects);
        assert_eq!(schema.lookup("acm"), None);
        assert_eq!(schema.lookup("user").expect("own").holds, Holds::Value(Type::Keyword));
        assert_eq!(schema.suggest("acme.scoer").as_deref(), Some("acme.score"));
    }

    #[test]
    fn suggestions() {
        for (wrong, right) in [
            ("process.nmae", Some("process.name")),
            ("Process.Name", Some("process.name")),
            ("command_line", Some("process.command_line")),
            (
                "process.effective_parent.executable",
                Some("process.Ext.effective_parent.executable"),
            ),
            ("event.process.name", Some("process.name")),
            ("name", None),
            ("completely.different.thing", None),
        ] {
            assert_eq!(Schema::builtin().suggest(wrong).as_deref(), right, "{wrong}");
        }
    }

    #[test]
    fn idents_are_injective() {
        let mut seen = BTreeMap::new();
        for line in lines() {
            let ident = rust_ident(line.path);
            assert!(ident.starts_with(|c: char| c.is_ascii_alphabetic()), "{ident}");
            if let Some(other) = seen.insert(ident, line.path) {
                panic!("`{other}` and `{}` have the same name", line.path);
            }
        }
        assert_eq!(
            rust_ident("process.Ext.token.integrity_level"),
            "process_Ext_token_integrity_level"
        );
        assert_eq!(rust_ident("@timestamp"), "timestamp");
        assert_eq!(rust_ident("agent_id"), "agent__id");
        assert_eq!(rust_ident("type"), "type_");
    }

    #[test]
    fn own_words_hold_128_bytes() {
        let words = own_words("acme.score").expect("short");
        assert_eq!(words[0].to_le_bytes()[..11], *b"acme.score\0");
        assert_eq!(words[1..], [0; 7]);
        assert!(own_words(&"a".repeat(128)).is_some_and(|w| w[7] != 0));
        assert_eq!(own_words(&"a".repeat(129)), None);
    }

    #[test]
    fn categories() {
        assert!(known_category("process") && !known_category("Process"));
        assert_eq!(suggest_category("proces"), Some("process"));
        assert_eq!(suggest_category("Registry"), Some("registry"));
        assert_eq!(suggest_category("quux"), None);
    }
}
