//! When a rule runs and what it searches: durations and Elasticsearch's date math, in
//! **milliseconds**.

/// What [`duration`] takes, for messages.
pub const DURATIONS: &str = "a whole number and `s`, `m`, `h` or `d`, such as `90s`, `5m`, `1h`";

/// What [`before_now`] takes, for messages.
pub const DATE_MATH: &str = "`now`, then any number of steps back such as `-9m`: a whole number and `s`, `m`, `h`, `d` or `w`";

/// The length of `5m`, `90s`, `1h`, `2d`.
///
/// # Errors
///
/// Says what is wrong with `text`: not a whole number and a unit, zero, or more than 64 bits hold.
pub fn duration(text: &str) -> Result<u64, String> {
    let (count, unit) = split(text);
    if count.is_empty() {
        return Err(format!("`{text}` does not start with a number"));
    }
    let unit = match unit {
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        "" => return Err(format!("`{text}` has no unit")),
        other => return Err(format!("`{other}` is no unit of an interval")),
    };
    match times(count, unit) {
        Some(0) => Err(format!("`{text}` is no time at all")),
        Some(millis) => Ok(millis),
        None => Err(format!("`{text}` is too long")),
    }
}

/// How long before the run `now-9m` is; 0 for `now`.
///
/// Several steps add up, and a step forward takes away: `now-1h+5m` is 55 minutes before.
///
/// # Errors
///
/// Says what is wrong with `text`: not date math, rounding, a unit without a fixed length, or a
/// time after the run.
pub fn before_now(text: &str) -> Result<u64, String> {
    let mut rest = text.strip_prefix("now").ok_or_else(|| {
        format!("`{text}` does not start with `now`; a fixed date is no window of a rule")
    })?;
    let (mut back, mut forward) = (0_u64, 0_u64);
    let too_long = || format!("`{text}` is too long ago");
    while let Some(sign) = rest.chars().next() {
        let side = match sign {
            '-' => &mut back,
            '+' => &mut forward,
            '/' => {
                return Err(format!(
                    "`{rest}` rounds the time, and a window that is rounded has no fixed length"
                ));
            }
            _ => return Err(format!("`{rest}` is no step")),
        };
        let (count, after) = split(&rest[1..]);
        let mut chars = after.chars();
        let unit = match chars.next() {
            Some('s') => SECOND,
            Some('m') => MINUTE,
            Some('h' | 'H') => HOUR,
            Some('d') => DAY,
            Some('w') => 7 * DAY,
            Some(unit @ ('M' | 'y')) => return Err(format!("`{unit}` has no fixed length")),
            Some(unit) => return Err(format!("`{unit}` is no unit of date math")),
            None => return Err(format!("`{rest}` has no unit")),
        };
        // Elasticsearch reads a step without a number as one unit.
        let step = times(if count.is_empty() { "1" } else { count }, unit);
        *side = step.and_then(|step| side.checked_add(step)).ok_or_else(too_long)?;
        rest = chars.as_str();
    }
    back.checked_sub(forward).ok_or_else(|| format!("`{text}` is after the run"))
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The longest time there is: as many milliseconds as 63 bits hold, so that sums and signs are
/// safe.
const LONGEST: u64 = i64::MAX.cast_unsigned();

/// The leading digits, and what follows them.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn times(count: &str, unit: u64) -> Option<u64> {
    let millis = count.parse::<u64>().ok()?.checked_mul(unit)?;
    (millis <= LONGEST).then_some(millis)
}

/// A time in the largest unit that divides it: `5m` for 300,000.
#[must_use]
pub fn show(millis: u64) -> String {
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s")];
    match units.into_iter().find(|(unit, _)| millis != 0 && millis.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None if millis == 0 => "0s".to_owned(),
        None => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in
            [("5m", 300_000), ("90s", 90_000), ("1h", 3_600_000), ("2d", 172_800_000)]
        {
            assert_eq!(duration(text), Ok(millis));
        }
        for (text, reason) in [
            ("", "`` does not start with a number"),
            ("m", "`m` does not start with a number"),
            ("-5m", "`-5m` does not start with a number"),
            ("5", "`5` has no unit"),
            ("5 m", "` m` is no unit of an interval"),
            ("5mm", "`mm` is no unit of an interval"),
            ("0m", "`0m` is no time at all"),
            ("99999999999999999999s", "`99999999999999999999s` is too long"),
            ("9999999999999999d", "`9999999999999999d` is too long"),
            ("５m", "`５m` does not start with a number"),
        ] {
            assert_eq!(duration(text).expect_err(text), reason);
        }
    }

    #[test]
    fn date_math() {
        for (text, millis) in [
            ("now", 0),
            ("now-9m", 540_000),
            ("now-119m", 7_140_000),
            ("now-1h+5m", 3_300_000),
            ("now-1d-1H", 90_000_000),
            ("now-w", 604_800_000),
        ] {
            assert_eq!(before_now(text), Ok(millis), "{text}");
        }
        for (text, reason) in [
            ("", "does not start with `now`"),
            ("2026-01-01", "does not start with `now`"),
            ("now-1M", "`M` has no fixed length"),
            ("now-1y", "`y` has no fixed length"),
            ("now-1h/h", "`/h` rounds the time"),
            ("now-5", "`-5` has no unit"),
            ("now-5x", "`x` is no unit"),
            ("now 5m", "` 5m` is no step"),
            ("now+5m", "is after the run"),
            ("now-99999999999999999999d", "too long ago"),
            ("now-9000000000000000s-9000000000000000s-9000000000000000s", "too long ago"),
            ("nowé", "`é` is no step"),
        ] {
            let found = before_now(text).expect_err(text);
            assert!(found.contains(reason), "{text}: {found}");
        }
    }

    #[test]
    fn shown_as_written() {
        for text in ["5m", "90s", "1h", "2d", "119m"] {
            assert_eq!(show(duration(text).expect(text)), text);
        }
        assert_eq!((show(0).as_str(), show(1_500).as_str()), ("0s", "1500ms"));
    }
}
