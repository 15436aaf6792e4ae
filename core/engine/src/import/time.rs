//! Times as files write them.

use cardea_domain::{Day, Instant, Zone};

/// Why a format can't be used.
pub fn check(format: &str) -> Result<(), String> {
    let mut letters = format.chars();
    let mut seen = String::new();
    while let Some(letter) = letters.next() {
        if letter == '%' {
            match letters.next() {
                Some(field @ ('Y' | 'm' | 'd' | 'H' | 'M' | 'S')) if !seen.contains(field) => seen.push(field),
                Some(field) => return Err(format!("%{field} is unknown or stands there twice")),
                None => return Err("a lone % at the end".into()),
            }
        }
    }
    match ['Y', 'm', 'd'].iter().find(|field| !seen.contains(**field)) {
        Some(field) => Err(format!("%{field} is missing")),
        None => Ok(()),
    }
}

/// Reads `text` by a checked format. A local time that the zone skips is taken as the instant after the gap, one
/// that it has twice as the first. None where text and format differ or the date doesn't exist.
pub fn parse(text: &str, format: &str, zone: Zone) -> Option<Instant> {
    let mut rest = text.trim();
    let mut letters = format.chars();
    let [mut year, mut month, mut day, mut hour, mut minute, mut second] = [0_u32; 6];
    while let Some(letter) = letters.next() {
        if letter != '%' {
            rest = rest.strip_prefix(letter)?;
            continue;
        }
        let (field, digits) = match letters.next()? {
            'Y' => (&mut year, 4),
            'm' => (&mut month, 2),
            'd' => (&mut day, 2),
            'H' => (&mut hour, 2),
            'M' => (&mut minute, 2),
            _ => (&mut second, 2),
        };
        let length = rest.bytes().take(digits).take_while(u8::is_ascii_digit).count();
        *field = rest.get(..length)?.parse().ok()?;
        rest = rest.get(length..)?;
    }
    if !rest.is_empty() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let day = Day::from_ymd(i32::try_from(year).ok()?, month, day)?;
    zone.instant_at(day, hour * 3600 + minute * 60 + second)
}
