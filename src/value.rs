//! Values that Rust's own types do not cover.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// A point in time: **nanoseconds** since the Unix epoch, from the year 1677 to 2262.
///
/// It prints as Kibana prints dates, in UTC with milliseconds; finer digits appear only where there
/// are any. It serialises to that text, and deserialises from what [`parse`](Timestamp::parse) reads or
/// from a number of milliseconds.
///
/// ```
/// use eql::Timestamp;
///
/// let time = Timestamp::parse("2026-01-01T12:05:00+02:00").unwrap();
/// assert_eq!(time.to_string(), "2026-01-01T10:05:00.000Z");
/// assert_eq!(time.as_millis(), 1_767_261_900_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since the Unix epoch; `None` outside the years 1677 to 2262.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Option<Self> {
        match millis.checked_mul(NANOS_PER_MILLI) {
            Some(nanos) => Some(Self(nanos)),
            None => None,
        }
    }

    /// The present.
    #[must_use]
    pub fn now() -> Self {
        // The clock of a machine set outside 1677 to 2262 is no time to write into an alert.
        Self::from_system_time(SystemTime::now()).unwrap_or_default()
    }

    /// From a [`SystemTime`]; `None` outside the years 1677 to 2262.
    #[must_use]
    pub fn from_system_time(time: SystemTime) -> Option<Self> {
        let nanos = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).ok()?,
            Err(before) => {
                i64::try_from(before.duration().as_nanos()).ok().and_then(i64::checked_neg)?
            }
        };
        Some(Self(nanos))
    }

    /// The time that is earlier by `duration`, the earliest of all where there is no such time.
    #[must_use]
    pub(crate) fn before_by(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub_unsigned(nanos))
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded towards the past.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(NANOS_PER_MILLI)
    }

    /// Reads a date as an Elasticsearch `date` field does (`strict_date_optional_time||epoch_millis`).
    ///
    /// That is ISO-8601 with four digits for the year and two for the rest, cut off after any part:
    /// `2017`, `2017-08-30`, `2017-08-30T20:47:33.123456789+02:00`. Fractions have one to nine digits
    /// after `.` or `,`; a time without offset is UTC. Else a count of milliseconds since the Unix
    /// epoch, signed and with up to six decimals. `None` for anything else and outside the years 1677
    /// to 2262. Does not allocate.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse_iso(text.as_bytes()).or_else(|| parse_millis(text))
    }
}

/// The number that digits make; `None` where one is no digit.
#[inline]
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
    })
}

/// ISO-8601 text, read from the left.
struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    #[inline]
    fn eat<const COUNT: usize>(&mut self, any_of: &[u8; COUNT]) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        if any_of.iter().all(|&one| one != first) {
            return None;
        }
        self.rest = rest;
        Some(first)
    }

    /// Exactly `COUNT` digits. Every event is asked for its time, so that the compiler is told how many.
    #[inline]
    fn digits<const COUNT: usize>(&mut self) -> Option<i64> {
        let (digits, rest) = self.rest.split_first_chunk::<COUNT>()?;
        self.rest = rest;
        number(digits)
    }

    #[inline]
    fn number<const COUNT: usize>(&mut self, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        self.digits::<COUNT>().filter(|number| range.contains(number))
    }

    /// The digits after the point, in billionths.
    fn fraction(&mut self) -> Option<i64> {
        if let Some((digits, rest @ [b'Z'])) = self.rest.split_first_chunk::<3>() {
            self.rest = rest;
            return Some(number(digits)? * NANOS_PER_MILLI);
        }
        let count = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        let scale = 10_i64.pow(u32::try_from(9 - count).ok()?);
        Some(number(digits)? * scale)
    }

    /// `Z`, `+02:00`, `+0200`, `+02` or nothing: seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        if self.rest.is_empty() {
            return Some(0);
        }
        let sign = match self.eat(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hours = self.number::<2>(0..=18)?;
        let minutes = if self.rest.is_empty() {
            0
        } else {
            self.eat(b":");
            self.number::<2>(0..=59)?
        };
        Some(sign * (hours * 3_600 + minutes * 60))
    }

    /// What follows `T`: seconds of the day less the offset, and nanoseconds.
    fn time(&mut self) -> Option<(i64, i64)> {
        let mut seconds = self.number::<2>(0..=23)? * 3_600;
        let mut nanos = 0;
        if self.eat(b":").is_some() {
            seconds += self.number::<2>(0..=59)? * 60;
            if self.eat(b":").is_some() {
                seconds += self.number::<2>(0..=59)?;
                if self.eat(b".,").is_some() {
                    nanos = self.fraction()?;
                }
            }
        }
        Some((seconds - self.offset()?, nanos))
    }
}

fn parse_iso(text: &[u8]) -> Option<Timestamp> {
    let mut scan = Scan { rest: text };
    let year = scan.digits::<4>()?;
    let (mut month, mut day) = (1, 1);
    if scan.eat(b"-").is_some() {
        month = scan.number::<2>(1..=12)?;
        if scan.eat(b"-").is_some() {
            day = scan.number::<2>(1..=days_in_month(year, month))?;
        }
    }
    let (seconds, nanos) = match scan.eat(b"Tt") {
        // `2017-08-30T` is a date too.
        Some(_) if scan.rest.is_empty() => (0, 0),
        Some(_) => scan.time()?,
        None => (0, 0),
    };
    if !scan.rest.is_empty() {
        return None;
    }
    let seconds = days_from_civil(year, month, day) * SECONDS_PER_DAY + seconds;
    // In 128 bits, since the seconds alone may lie a little outside where the sum does not.
    let total = i128::from(seconds) * i128::from(NANOS_PER_SECOND) + i128::from(nanos);
    i64::try_from(total).ok().map(Timestamp)
}

fn parse_millis(text: &str) -> Option<Timestamp> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits.is_empty() || !digits_only(digits) || !digits_only(decimals) || decimals.len() > 6 {
        return None;
    }
    let millis: i64 = whole.parse().ok()?;
    let below: i64 = if decimals.is_empty() {
        0
    } else {
        decimals.parse::<i64>().ok()? * 10_i64.pow(u32::try_from(6 - decimals.len()).ok()?)
    };
    let below = if whole.starts_with('-') { -below } else { below };
    millis.checked_mul(NANOS_PER_MILLI)?.checked_add(below).map(Timestamp)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the Unix epoch of a date in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(NANOS_PER_SECOND);
        let nanos = self.0.rem_euclid(NANOS_PER_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) =
            (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.")?;
        if nanos % 1_000_000 == 0 {
            write!(f, "{:03}Z", nanos / 1_000_000)
        } else if nanos % 1_000 == 0 {
            write!(f, "{:06}Z", nanos / 1_000)
        } else {
            write!(f, "{nanos:09}Z")
        }
    }
}

/// A text that is no date; see [`Timestamp::parse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampError;

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an ISO-8601 date nor milliseconds since 1970, or outside 1677 to 2262")
    }
}

impl std::error::Error for TimestampError {}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        Self::parse(text).ok_or(TimestampError)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let distance = Duration::from_nanos(time.0.unsigned_abs());
        if time.0 < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an ISO-8601 date or milliseconds since 1970")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Timestamp, E> {
                Timestamp::from_millis(millis).ok_or_else(|| E::custom(TimestampError))
            }

            fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Timestamp, E> {
                let millis = i64::try_from(millis).map_err(|_| E::custom(TimestampError))?;
                self.visit_i64(millis)
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<i64> {
        Timestamp::parse(text).map(Timestamp::as_millis)
    }

    #[test]
    fn reads_what_a_date_field_reads() {
        // Expected values from `date -u -d … +%s`.
        for (text, nanos) in [
            ("2017-08-30T20:47:33Z", 1_504_126_053_000_000_000),
            ("2017-08-30T20:47:33.1Z", 1_504_126_053_100_000_000),
            ("2017-08-30T20:47:33,123456789Z", 1_504_126_053_123_456_789),
            ("2017-08-30T22:47:33+02:00", 1_504_126_053_000_000_000),
            ("2017-08-30T22:47:33+0200", 1_504_126_053_000_000_000),
            ("2017-08-30T15:17:33-05:30", 1_504_126_053_000_000_000),
            ("2017-08-30T20:47", 1_504_126_020_000_000_000),
            ("2017-08-30T20", 1_504_123_200_000_000_000),
            ("2017-08-30T", 1_504_051_200_000_000_000),
            ("2017-08-30", 1_504_051_200_000_000_000),
            ("2017-08", 1_501_545_600_000_000_000),
            ("2017", 1_483_228_800_000_000_000),
            ("2016-02-29", 1_456_704_000_000_000_000),
            ("1969-12-31T23:59:59.999Z", -1_000_000),
            ("1504126053000", 1_504_126_053_000_000_000),
            ("1504126053000.25", 1_504_126_053_000_250_000),
            ("-1.5", -1_500_000),
            ("-1", -1_000_000),
            ("0", 0),
            ("1677-09-21T00:12:43.145224192Z", i64::MIN),
            ("2262-04-11T23:47:16.854775807Z", i64::MAX),
        ] {
            assert_eq!(Timestamp::parse(text), Some(Timestamp(nanos)), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "-",
            ".5",
            "x",
            "2017-8-30",
            "2017-13",
            "2017-02-29",
            "1900-02-29",
            "2017-08-30 20:47:33Z",
            "2017-08-30T24:00:00Z",
            "2017-08-30T20:47:60Z",
            "2017-08-30T20:47:33.Z",
            "2017-08-30T20:47:33.1234567890Z",
            "2017-08-30T20:47:33Zx",
            "2017-08-30T20:47:33+2",
            "2017-08-30T20:47:33+19:00",
            "2262-04-11T23:47:16.854775808Z",
            "9999-12-31",
            "9223372036854775807",
            "1504126053000.1234567",
            "２０１７",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn prints_as_kibana_does() {
        for text in [
            "2026-01-01T10:05:00.000Z",
            "2000-02-29T00:00:00.120Z",
            "1969-12-31T23:59:59.999Z",
            "2026-01-01T10:05:00.000120Z",
            "2026-01-01T10:05:00.123456789Z",
            "1677-09-21T00:12:43.145224192Z",
            "2262-04-11T23:47:16.854775807Z",
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn every_day_goes_there_and_back() {
        let first = days_from_civil(1600, 1, 1);
        let last = days_from_civil(2400, 12, 31);
        let mut expected = (1600, 1, 1);
        for day in first..=last {
            assert_eq!(civil_from_days(day), expected);
            assert_eq!(days_from_civil(expected.0, expected.1, expected.2), day);
            expected = match expected {
                (year, 12, 31) => (year + 1, 1, 1),
                (year, month, day) if day == days_in_month(year, month) => (year, month + 1, 1),
                (year, month, day) => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn milliseconds_round_to_the_past() {
        assert_eq!(Timestamp::from_nanos(-1).as_millis(), -1);
        assert_eq!(Timestamp::from_nanos(1_999_999).as_millis(), 1);
        assert_eq!(millis("1969-12-31T23:59:59.9999Z"), Some(-1));
        assert_eq!(Timestamp::from_millis(i64::MAX), None);
    }

    #[test]
    fn system_time_goes_there_and_back() {
        for nanos in [0, 1, -1, 1_504_126_053_000_000_000, -1_504_126_053_000_000_000] {
            let time = SystemTime::from(Timestamp(nanos));
            assert_eq!(Timestamp::from_system_time(time), Some(Timestamp(nanos)));
        }
    }

    #[test]
    fn serialises_to_text_and_reads_text_and_numbers() {
        let time = Timestamp::parse("2026-01-01T10:05:00Z").unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-01-01T10:05:00.000Z\"");
        assert_eq!(
            serde_json::from_str::<Timestamp>("\"2026-01-01\"").unwrap().as_millis(),
            1_767_225_600_000
        );
        assert_eq!(serde_json::from_str::<Timestamp>("-5").unwrap().as_millis(), -5);
        assert!(serde_json::from_str::<Timestamp>("\"yesterday\"").is_err());
    }
}
