//! Diagnostics: what is wrong with a rule, as values.

use crate::config::LintLevel;
use crate::span::Span;

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The rule compiles; its author should look.
    Warning,
    /// The rule does not compile.
    Error,
}

/// One thing that is wrong, and where.
///
/// Messages are lower case without a final stop, put names in backticks, and say what *is* allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Stable identity: `EQL-E…` of an error, or the name of a lint.
    pub code: Code,
    /// How bad it is.
    pub level: Level,
    /// The first line.
    pub message: String,
    /// What the caret points at.
    pub span: Span,
    /// What stands beside the caret; may be empty.
    pub label: String,
    /// Further places, each with its text.
    pub related: Vec<(Span, String)>,
    /// `help:` lines: what to write instead.
    pub help: Vec<String>,
    /// `note:` lines: why.
    pub notes: Vec<String>,
    /// A mechanical fix, where there is one.
    pub patch: Option<Patch>,
}

/// Replace what stands at `span` by `replacement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// What to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

impl Diagnostic {
    /// An error or, where the code is a lint, a warning.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            level: if code.lint_name().is_some() { Level::Warning } else { Level::Error },
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
            notes: Vec::new(),
            patch: None,
        }
    }

    /// Sets the text beside the caret.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// Adds a `help:` line.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a `note:` line.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Moves every place, as from the text of a query to the file that holds it.
    pub fn move_places(&mut self, to: impl Fn(Span) -> Span) {
        self.span = to(self.span);
        for (span, _) in &mut self.related {
            *span = to(*span);
        }
        if let Some(patch) = &mut self.patch {
            patch.span = to(patch.span);
        }
    }

    /// Writes the mechanical fix as it stands in a string with escapes.
    pub fn escape_patch(&mut self) {
        if let Some(patch) = &mut self.patch {
            patch.replacement = patch.replacement.replace('\\', r"\\").replace('"', "\\\"");
        }
    }

    /// Sets the mechanical fix.
    #[must_use]
    pub fn patch(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.patch = Some(Patch { span, replacement: replacement.into() });
        self
    }
}

/// A sink for diagnostics: passes push and go on, so that all errors of a rule show at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// An empty sink.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one diagnostic in.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Takes all of another sink in.
    pub fn append(&mut self, mut other: Self) {
        self.list.append(&mut other.list);
    }

    /// Whether a pushed diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|d| d.level == Level::Error)
    }

    /// Whether nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What was pushed, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.list
    }

    /// What was pushed, to change in place (levels set by `allow`, `warn`, `deny`).
    pub fn retain(&mut self, keep: impl FnMut(&mut Diagnostic) -> bool) {
        self.list.retain_mut(keep);
    }

    /// What was pushed, by place in the text.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|d| (d.span, d.code));
        self.list
    }
}

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $text:literal $(lint $lint:literal $(default $default:ident)?)? ; )+) => {
        /// The stable identity of a diagnostic. A code is never used again for something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $( $(#[doc = $doc])+ $name, )+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[ $( Self::$name, )+ ];

            /// The code as users see it: `EQL-E101`, or the name of a lint.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$name => $text, )+ }
            }

            /// What the code stands for, in a sentence or two.
            #[must_use]
            pub const fn explain(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc, "\n"),+), )+ }
            }

            /// What is done with the lint where nothing is said of it; meaningless for an error.
            #[must_use]
            pub const fn default_level(self) -> LintLevel {
                match self { $( Self::$name => codes!(@default $($($default)?)?), )+ }
            }

            /// The name in `allow(…)`, `warn(…)` and `deny(…)`; `None` for an error.
            #[must_use]
            pub const fn lint_name(self) -> Option<&'static str> {
                match self { $( Self::$name => codes!(@lint $text $($lint)?), )+ }
            }
        }
    };
    (@default) => { LintLevel::Warn };
    (@default $level:ident) => { LintLevel::$level };
    (@lint $text:literal) => { None };
    (@lint $text:literal $lint:literal) => { Some($lint) };
}

codes! {
    /// The text does not follow the grammar; the message says what was expected there.
    Syntax = "EQL-E001";
    /// A character that no EQL text has, outside a string.
    UnexpectedCharacter = "EQL-E002";
    /// A string or a back-quoted name has no end on its line.
    Unterminated = "EQL-E003";
    /// A backslash in a string is followed by something that is no escape.
    BadEscape = "EQL-E004";
    /// A `\u{…}` escape has too few or too many digits, or names no character.
    BadUnicodeEscape = "EQL-E005";
    /// A string in single quotes.
    SingleQuotes = "EQL-E006";
    /// A raw string written `?"…"`; EQL writes it with three double quotes.
    LegacyRawString = "EQL-E007";
    /// `=` where a comparison `==` is meant.
    SingleEquals = "EQL-E008";
    /// A keyword in upper or mixed case; keywords are lower case.
    KeywordCase = "EQL-E009";
    /// A number that 64 bits do not hold.
    NumberRange = "EQL-E010";
    /// An array index such as `process.args[0]`.
    ArrayIndex = "EQL-E011";
    /// A comparison of a comparison, `a < b < c`.
    ChainedComparison = "EQL-E012";
    /// `not` before `:`, `like` or `regex`; it belongs before the whole comparison.
    NotBeforeMatch = "EQL-E013";
    /// More than 64 KiB of text.
    TooLong = "EQL-E014";
    /// More than 128 levels of nesting.
    TooDeep = "EQL-E015";
    /// More than 256 terms in a sequence, or 5 in a sample.
    TooManyTerms = "EQL-E016";
    /// A construct of the endpoint dialect in a rule of the Elasticsearch dialect.
    EndpointOnly = "EQL-E017";
    /// `join`, which EQL parsers know and Elasticsearch does not run.
    JoinUnsupported = "EQL-E018";
    /// A back-quoted or optional event category, or none.
    BadCategory = "EQL-E019";

    /// A field that the schema does not have.
    UnknownField = "EQL-E101";
    /// A function that EQL does not have.
    UnknownFunction = "EQL-E102";
    /// A function called with too few or too many arguments.
    ArgumentCount = "EQL-E103";
    /// A function's argument has a type that the function does not take.
    ArgumentType = "EQL-E104";
    /// A condition that is not boolean.
    NotBoolean = "EQL-E105";
    /// Two sides of a comparison that have no common type.
    TypeMismatch = "EQL-E106";
    /// `:`, `like` or `regex` on something that is not a string.
    MatchNotString = "EQL-E107";
    /// A comparison between two fields, which Elasticsearch does not run.
    FieldComparison = "EQL-E108";
    /// A literal that the type of its field cannot hold.
    BadLiteral = "EQL-E109";
    /// A field that holds objects where a value is needed.
    ObjectField = "EQL-E110";
    /// A regular expression that does not parse.
    BadRegex = "EQL-E111";
    /// A regular expression whose automaton would pass the size limit.
    RegexTooLarge = "EQL-E112";
    /// A network that is not `address/bits`.
    BadCidr = "EQL-E113";
    /// A function's argument that must be a literal and is not.
    NotConstant = "EQL-E114";
    /// `~` on a function that has no case-insensitive form.
    NoCaseFold = "EQL-E115";
    /// An element of an `in` list that is not of the type of the left side.
    ListType = "EQL-E116";
    /// A `$variable` or an alias that nothing defines.
    UnknownVariable = "EQL-E117";

    /// A sequence or sample of fewer than two terms.
    TooFewTerms = "EQL-E201";
    /// Terms with different numbers of join keys.
    KeyCount = "EQL-E202";
    /// Join keys at the same position with types that never compare equal.
    KeyType = "EQL-E203";
    /// A join key that is not a field.
    KeyNotField = "EQL-E204";
    /// A `maxspan` or another duration that is not a positive whole number and a unit.
    BadTimeSpan = "EQL-E205";
    /// `runs` outside 1 to 100.
    BadRuns = "EQL-E206";
    /// A missing event `![…]` in a sequence without `maxspan`, or without any other term.
    MissingEvent = "EQL-E207";
    /// `maxspan`, `runs`, `until` or `![…]` in a sample, or a sample without keys.
    BadSample = "EQL-E208";
    /// `with` before `by`.
    WithBeforeBy = "EQL-E209";
    /// A pipe that does not exist or that Elasticsearch does not run.
    UnknownPipe = "EQL-E210";
    /// A pipe's argument that is not a non-negative whole number.
    BadPipeArgument = "EQL-E211";

    /// A key of a rule that does not exist.
    UnknownKey = "EQL-E301";
    /// A key that a rule must have is missing.
    MissingKey = "EQL-E302";
    /// A key given twice.
    DuplicateKey = "EQL-E303";
    /// A value of a key that has the wrong type or is outside what the key allows.
    BadValue = "EQL-E304";
    /// A duration or a date-math expression that does not parse.
    BadSchedule = "EQL-E305";
    /// A rule file that is not TOML.
    BadToml = "EQL-E306";
    /// A rule in another language or of another type than EQL.
    NotEql = "EQL-E307";
    /// A rule file or an `eql.toml` that cannot be read.
    CannotRead = "EQL-E308";
    /// A rule without a query, or with more than one.
    OneQuery = "EQL-E309";
    /// The macro stands on something that it does not take.
    BadItem = "EQL-E310";
    /// A lint that does not exist.
    UnknownLint = "EQL-E311";
    /// Two rules of a set with the same `rule_id` or name.
    DuplicateRule = "EQL-E312";
    /// A line of a Kibana export that is not JSON.
    BadJson = "EQL-E313";

    /// An id that MITRE ATT&CK does not have.
    UnknownTechnique = "EQL-E401";
    /// A technique that is not under the tactic it is given with.
    WrongTactic = "EQL-E402";
    /// A name or a link that is not that of its id.
    TechniqueName = "EQL-E403";

    /// The condition is never true.
    AlwaysFalse = "always_false" lint "always_false";
    /// The condition is always true although it tests something.
    AlwaysTrue = "always_true" lint "always_true";
    /// `==` or `in` with a literal that has `*` or `?`, which only `:` and `like` treat as wildcards.
    LiteralWildcard = "literal_wildcard" lint "literal_wildcard";
    /// A Windows path compared with case.
    CaseSensitivePath = "case_sensitive_path" lint "case_sensitive_path";
    /// A wildcard that begins with `*` and has three or more inner `*`, or next to no text.
    SlowWildcard = "slow_wildcard" lint "slow_wildcard";
    /// The same value twice in a list.
    DuplicateValue = "duplicate_value" lint "duplicate_value";
    /// A value of a list that a wildcard of the same list covers.
    ShadowedValue = "shadowed_value" lint "shadowed_value";
    /// A condition that another one implies.
    ImpliedCondition = "implied_condition" lint "implied_condition";
    /// A part of the condition that is never true beside the rest.
    DeadCondition = "dead_condition" lint "dead_condition";
    /// Two different values asked of a field that has one value.
    ContradictoryValues = "contradictory_values" lint "contradictory_values";
    /// A condition that needs a field which events of the category do not carry.
    CategoryWithoutField = "category_without_field" lint "category_without_field";
    /// A condition that an event meets by having none of its fields.
    MatchesAbsentFields = "matches_absent_fields" lint "matches_absent_fields";
    /// A hash compared in upper case, or ignoring case.
    HashCase = "hash_case" lint "hash_case";
    /// A path whose backslashes are read as escapes, or are doubled where they are not.
    SuspiciousEscape = "suspicious_escape" lint "suspicious_escape";
    /// `!=` on a field that has several values as a rule.
    NotEqualArray = "not_equal_array" lint "not_equal_array" default Allow;
    /// `: "*"`, which asks whether a field is there.
    PresenceByWildcard = "presence_by_wildcard" lint "presence_by_wildcard";
    /// A regular expression that begins with `.*` and says what a wildcard says.
    UnanchoredRegex = "unanchored_regex" lint "unanchored_regex";
    /// A sequence whose events need have nothing in common.
    SequenceWithoutBy = "sequence_without_by" lint "sequence_without_by";
    /// A sequence whose events may lie any time apart.
    SequenceWithoutMaxspan = "sequence_without_maxspan" lint "sequence_without_maxspan";
    /// A sequence that every event of a category begins.
    UnguardedFirstTerm = "unguarded_first_term" lint "unguarded_first_term";
    /// A construct that the other dialect does not have.
    OtherDialect = "other_dialect" lint "other_dialect" default Allow;
    /// An event category that ECS and Elastic Endpoint do not have.
    UnknownCategory = "unknown_category" lint "unknown_category";
    /// A technique that ATT&CK has revoked or deprecated.
    RevokedTechnique = "revoked_technique" lint "revoked_technique";
    /// `risk_score` outside the band of `severity`.
    RiskSeverityMismatch = "risk_severity_mismatch" lint "risk_severity_mismatch";
    /// The time between two runs is longer than the window a run searches: events are never seen.
    IntervalLongerThanWindow = "interval_longer_than_window" lint "interval_longer_than_window";
    /// The look-back is shorter than `maxspan`: a sequence that crosses two windows is never seen.
    LookbackShorterThanMaxspan = "lookback_shorter_than_maxspan" lint "lookback_shorter_than_maxspan";
    /// A rule that runs so often that its windows overlap for the most part.
    IntervalShortForMaxspan = "interval_short_for_maxspan" lint "interval_short_for_maxspan";
    /// `max_signals` above what Kibana creates in one run.
    MaxSignalsAboveLimit = "max_signals_above_limit" lint "max_signals_above_limit";
    /// No tag for the tactic that the rule is mapped to.
    MissingTacticTag = "missing_tactic_tag" lint "missing_tactic_tag";
    /// Index patterns that hold no events of a category in the query.
    IndexWithoutCategory = "index_without_category" lint "index_without_category";
    /// A key of a rule file that has no effect on what is compiled.
    IgnoredKey = "ignored_key" lint "ignored_key";
    /// A `rule_id` that is not a UUID.
    RuleIdFormat = "rule_id_format" lint "rule_id_format";
}
