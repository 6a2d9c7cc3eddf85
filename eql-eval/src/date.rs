//! Dates as Elasticsearch reads and prints them: `strict_date_optional_time||epoch_millis`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A date with an optional time and an optional offset (UTC without one), or milliseconds since the Unix
/// epoch. A number of four digits is a year.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    parse_calendar(text).or_else(|| parse_millis(text))
}

/// `-1671235200000.5`, with up to six decimals.
fn parse_millis(text: &str) -> Option<Timestamp> {
    let Some((whole, decimals)) = text.split_once('.') else {
        return from_millis(text.parse().ok()?);
    };
    let has_six = (1..=6).contains(&decimals.len());
    let nanos = i64::from(digits(&format!("{decimals:0<6}")).filter(|_| has_six)?);
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    let time = from_millis(whole.parse().ok()?)?;
    time.checked_add(jiff::SignedDuration::from_nanos(sign * nanos)).ok()
}

/// Milliseconds since the Unix epoch.
pub(crate) fn from_millis(millis: i128) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()
}

/// `1970-01-01T00:00:00.000Z`, with nanoseconds where there are any.
pub(crate) fn print(time: Timestamp) -> String {
    let precision = if time.subsec_nanosecond() % 1_000_000 == 0 { 3 } else { 9 };
    format!("{time:.precision$}")
}

/// `yyyy[-MM[-dd]]['T'HH[:mm[:ss[.fraction]]]][offset]`
fn parse_calendar(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let (time, offset) = split_offset(time)?;
    let mut date = date.split('-');
    let year = digits(date.next()?)?;
    let mut date = date.map(two_digits);
    let month = date.next().unwrap_or(Some(1))?;
    let day = date.next().unwrap_or(Some(1))?;
    if date.next().is_some() || text.find(['-', 'T']).unwrap_or(text.len()) != 4 {
        return None;
    }
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, ""));
    let mut clock = time.split(':').filter(|part| !part.is_empty()).map(two_digits);
    let hour = clock.next().unwrap_or(Some(0))?;
    let minute = clock.next().unwrap_or(Some(0))?;
    let second = clock.next().unwrap_or(Some(0))?;
    if clock.next().is_some() {
        return None;
    }
    let nanos = digits(&format!("{fraction:0<9}")).filter(|_| fraction.len() <= 9)?;
    let local = DateTime::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        i8::try_from(second).ok()?,
        i32::try_from(nanos).ok()?,
    );
    offset.to_timestamp(local.ok()?).ok()
}

/// The time before `Z`, `+hh:mm`, `-hhmm` or `+hh`, and that offset.
fn split_offset(time: &str) -> Option<(&str, Offset)> {
    let Some(at) = time.find(['Z', '+', '-']) else { return Some((time, Offset::UTC)) };
    let (time, zone) = time.split_at(at);
    if zone == "Z" {
        return Some((time, Offset::UTC));
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let zone = zone.get(1..)?.replace(':', "");
    let (hours, minutes) = zone.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes)? };
    let seconds = i32::try_from(digits(hours)? * 3600 + minutes * 60).ok()?;
    Some((time, Offset::from_seconds(sign * seconds).ok()?))
}

fn two_digits(text: &str) -> Option<u32> {
    digits(text).filter(|_| text.len() == 2)
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<i64> {
        parse(text).map(|t| t.as_millisecond())
    }

    #[test]
    fn reads_what_elasticsearch_reads() {
        assert_eq!(millis("1970"), Some(0));
        assert_eq!(millis("1970-02"), Some(31 * 86_400_000));
        assert_eq!(millis("1970-01-02T01"), Some(25 * 3_600_000));
        assert_eq!(millis("1970-01-01T00:00:01.5Z"), Some(1_500));
        assert_eq!(millis("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(millis("1970-01-01T00:00:00-0130"), Some(5_400_000));
        assert_eq!(millis("1"), Some(1));
        assert_eq!(millis("1671235200000"), Some(1_671_235_200_000));
        assert_eq!(millis("-5"), Some(-5));
        assert_eq!(parse("1.5").map(|t| t.as_nanosecond()), Some(1_500_000));
        assert_eq!(parse("-1.5").map(|t| t.as_nanosecond()), Some(-1_500_000));
    }

    #[test]
    fn rejects_what_is_no_date() {
        for text in [
            "",
            "x",
            "1970-13",
            "1970-02-30",
            "1970-01-01T25",
            "1970-01-01-01",
            "19700-01",
            "1970-1-1",
        ] {
            assert_eq!(millis(text), None, "{text}");
        }
    }

    #[test]
    fn prints_milliseconds_unless_there_is_more() {
        assert_eq!(print(from_millis(1).unwrap()), "1970-01-01T00:00:00.001Z");
        assert_eq!(print(Timestamp::from_nanosecond(5).unwrap()), "1970-01-01T00:00:00.000000005Z");
    }
}
