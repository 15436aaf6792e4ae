//! What a chain lays down about its messages: quiet hours, how many, in what language, over which channels.

use super::{Channel, MessageKind, MessageLanguage};
use crate::error::WrongField;
use crate::{Instant, Refusal, Zone};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// A time of day to the minute, 00:00–23:59, by the clock on the wall. On the wire `21:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "21:00")]
pub struct ClockTime(u16);

/// Why a time of day can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time of day such as 21:00")]
pub struct NotAClockTime;

impl ClockTime {
    /// None for what no clock shows.
    pub const fn new(hour: u16, minute: u16) -> Option<Self> {
        if hour < 24 && minute < 60 {
            Some(Self(hour * 60 + minute))
        } else {
            None
        }
    }

    fn seconds(self) -> u32 {
        u32::from(self.0) * 60
    }
}

impl FromStr for ClockTime {
    type Err = NotAClockTime;
    /// Reads `21:00`: exactly two and two digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| {
            let shape = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
            shape.then(|| digits.parse().ok()).flatten()
        };
        text.split_once(':')
            .and_then(|(hour, minute)| Self::new(number(hour)?, number(minute)?))
            .ok_or(NotAClockTime)
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl TryFrom<String> for ClockTime {
    type Error = NotAClockTime;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> Self {
        time.to_string()
    }
}

/// When nothing is sent that can wait, by the receiver's clock; over midnight where `until` is the earlier time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The first quiet minute.
    pub from: ClockTime,
    /// The first minute that isn't quiet any more; not the same as `from`.
    pub until: ClockTime,
}

impl QuietHours {
    /// When a message may go out at the earliest: `now`, or where that is quiet, the next `until` in the receiver's
    /// zone. Of a time that the clock shows twice the first counts, of one that it skips the moment after the gap.
    pub fn first_allowed(self, now: Instant, zone: Zone) -> Instant {
        let today = zone.day_of(now);
        let over_midnight = i32::from(self.until < self.from);
        // In order of time: where one stretch ends in a gap of the clock, the next may begin there.
        (-1..=1).fold(now, |at, offset| {
            let stretch = today.plus_days(offset).and_then(|day| {
                let from = zone.instant_at(day, self.from.seconds())?;
                let until = zone.instant_at(day.plus_days(over_midnight)?, self.until.seconds())?;
                Some(from..until)
            });
            stretch
                .filter(|quiet| quiet.contains(&at))
                .map_or(at, |quiet| quiet.end)
        })
    }
}

/// How many reminders and marketing messages one customer gets at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// 0: none at all.
    #[schema(maximum = 100, example = 4)]
    pub most: u32,
    /// In any so many days.
    #[schema(minimum = 1, maximum = 366, example = 30)]
    pub days: u16,
}

impl Cap {
    /// Whether one more would be too many after those that were sent [`Self::since`] then.
    pub fn is_reached(self, sent_since: u32) -> bool {
        sent_since >= self.most
    }

    /// From when on messages count.
    pub fn since(self, now: Instant) -> Instant {
        now.plus_days(-i64::from(self.days))
    }
}

/// How many days before something ends its owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DaysAhead {
    #[schema(minimum = 1, maximum = 366, example = 30)]
    pub points: u16,
    #[schema(minimum = 1, maximum = 366, example = 30)]
    pub cards: u16,
}

impl Default for DaysAhead {
    fn default() -> Self {
        Self { points: 30, cards: 30 }
    }
}

/// What a chain lays down about its messages; what is left out is as in a new chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MessageRules {
    /// Null: never quiet.
    pub quiet: Option<QuietHours>,
    pub cap: Cap,
    /// For receivers of whom no language is known.
    pub language: MessageLanguage,
    pub days_ahead: DaysAhead,
    /// Kinds that aren't sent.
    pub off: BTreeSet<MessageKind>,
    /// Over what each kind goes: the first channel that is set up and for which the receiver has an address. Absent:
    /// mail, SMS, chat.
    pub channels: BTreeMap<MessageKind, Vec<Channel>>,
}

const NINE_PM: ClockTime = ClockTime(21 * 60);
const EIGHT_AM: ClockTime = ClockTime(8 * 60);

impl Default for MessageRules {
    fn default() -> Self {
        Self {
            quiet: Some(QuietHours {
                from: NINE_PM,
                until: EIGHT_AM,
            }),
            cap: Cap { most: 4, days: 30 },
            language: MessageLanguage::default(),
            days_ahead: DaysAhead::default(),
            off: BTreeSet::new(),
            channels: BTreeMap::new(),
        }
    }
}

impl MessageRules {
    /// # Errors
    /// `field_invalid` with pointers such as `/value/cap/most`: quiet hours that end where they begin, a number out of
    /// its range, channels that are none or named twice.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut wrong = Vec::new();
        if self.quiet.is_some_and(|quiet| quiet.from == quiet.until) {
            wrong.push(WrongField::new(
                "/quiet/until",
                "安静时段的开始和结束不能相同；不需要时请关闭",
                "Quiet hours can't end where they begin; switch them off instead",
            ));
        }
        let numbers = [
            ("/cap/most", self.cap.most, 0..=100),
            ("/cap/days", self.cap.days.into(), 1..=366),
            ("/days_ahead/points", self.days_ahead.points.into(), 1..=366),
            ("/days_ahead/cards", self.days_ahead.cards.into(), 1..=366),
        ];
        for (pointer, number, range) in numbers {
            if !range.contains(&number) {
                let (least, most) = range.into_inner();
                let (zh, en) = (format!("须为 {least}–{most}"), format!("It must be {least}–{most}"));
                wrong.push(WrongField::new(pointer, zh, en));
            }
        }
        for (kind, channels) in &self.channels {
            let different: BTreeSet<&Channel> = channels.iter().collect();
            if channels.is_empty() || different.len() < channels.len() {
                wrong.push(WrongField::new(
                    format!("/channels/{kind}"),
                    "至少选择一个渠道，且不能重复；不发送时请关闭此类消息",
                    "Name one channel at least and none twice; switch the kind off if it isn't to be sent",
                ));
            }
        }
        WrongField::refusal("/value", wrong).map_or(Ok(()), Err)
    }

    /// Over what a kind goes, the preferred channel first.
    pub fn channels(&self, kind: MessageKind) -> Vec<Channel> {
        self.channels
            .get(&kind)
            .cloned()
            .unwrap_or_else(|| Channel::ALL.to_vec())
    }

    /// Whether a kind isn't sent.
    pub fn is_off(&self, kind: MessageKind) -> bool {
        self.off.contains(&kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    const SHANGHAI: &str = "Asia/Shanghai";
    const BERLIN: &str = "Europe/Berlin";

    fn quiet(from: &str, until: &str) -> QuietHours {
        QuietHours {
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
        }
    }

    #[track_caller]
    fn sends(quiet: QuietHours, zone: &str, now: &str, expected: &str) {
        let at: Instant = now.parse().unwrap();
        let allowed = quiet.first_allowed(at, zone.parse().unwrap());
        assert_eq!(allowed, expected.parse().unwrap(), "{quiet:?} {zone} {now}");
    }

    #[test]
    fn what_comes_in_quiet_hours_waits_for_their_end_by_the_receivers_clock() {
        let night = quiet("21:00", "08:00");
        for (now, expected) in [
            ("2026-11-22T20:59:59.999+08:00", "2026-11-22T20:59:59.999+08:00"),
            ("2026-11-22T21:00:00+08:00", "2026-11-23T08:00:00+08:00"),
            ("2026-11-22T23:59:00+08:00", "2026-11-23T08:00:00+08:00"),
            ("2026-11-23T00:00:00+08:00", "2026-11-23T08:00:00+08:00"),
            ("2026-11-23T07:59:59.999+08:00", "2026-11-23T08:00:00+08:00"),
            ("2026-11-23T08:00:00+08:00", "2026-11-23T08:00:00+08:00"),
        ] {
            sends(night, SHANGHAI, now, expected);
        }
        // The same moment is noon for somebody else.
        sends(night, BERLIN, "2026-11-22T21:00:00+08:00", "2026-11-22T21:00:00+08:00");
        let noon = quiet("12:00", "14:00");
        sends(noon, SHANGHAI, "2026-11-22T13:00:00+08:00", "2026-11-22T14:00:00+08:00");
        sends(noon, SHANGHAI, "2026-11-22T14:00:00+08:00", "2026-11-22T14:00:00+08:00");
        sends(noon, SHANGHAI, "2026-11-22T11:59:00+08:00", "2026-11-22T11:59:00+08:00");
    }

    #[test]
    fn a_night_in_which_the_clock_changes_ends_at_its_own_time() {
        let night = quiet("21:00", "08:00");
        sends(night, BERLIN, "2026-03-28T22:00:00+01:00", "2026-03-29T08:00:00+02:00");
        sends(night, BERLIN, "2026-10-24T22:00:00+02:00", "2026-10-25T08:00:00+01:00");
    }

    #[test]
    fn an_end_that_the_clock_skips_is_the_moment_after_the_gap() {
        let night = quiet("21:00", "02:30");
        sends(night, BERLIN, "2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00");
        // Where the whole stretch is skipped nothing is quiet.
        let skipped = quiet("02:10", "02:40");
        sends(
            skipped,
            BERLIN,
            "2026-03-29T01:59:00+01:00",
            "2026-03-29T01:59:00+01:00",
        );
        sends(
            skipped,
            BERLIN,
            "2026-03-29T03:00:00+02:00",
            "2026-03-29T03:00:00+02:00",
        );
        // Where the end and the next beginning are, it is quiet until the day after.
        let long = quiet("02:40", "02:10");
        sends(long, BERLIN, "2026-03-29T01:00:00+01:00", "2026-03-30T02:10:00+02:00");
    }

    #[test]
    fn of_an_hour_that_the_clock_repeats_the_first_counts() {
        let night = quiet("21:00", "02:30");
        sends(night, BERLIN, "2026-10-25T02:29:00+02:00", "2026-10-25T02:30:00+02:00");
        sends(night, BERLIN, "2026-10-25T02:10:00+01:00", "2026-10-25T02:10:00+01:00");
        let early = quiet("02:30", "06:00");
        sends(early, BERLIN, "2026-10-25T02:30:00+02:00", "2026-10-25T06:00:00+01:00");
        sends(early, BERLIN, "2026-10-25T02:10:00+01:00", "2026-10-25T06:00:00+01:00");
    }

    #[test]
    fn a_day_that_a_zone_skips_and_the_ends_of_time_are_no_trouble() {
        let night = quiet("21:00", "08:00");
        // 30 December 2011 didn't take place in Samoa.
        sends(
            night,
            "Pacific/Apia",
            "2011-12-29T22:00:00-10:00",
            "2011-12-31T08:00:00+14:00",
        );
        sends(night, "UTC", "9999-12-31T23:00:00Z", "9999-12-31T23:00:00Z");
        sends(night, "UTC", "0001-01-01T22:00:00Z", "0001-01-02T08:00:00Z");
    }

    #[test]
    fn times_of_day_are_read_strictly_and_written_back() {
        for text in ["00:00", "08:05", "23:59"] {
            let time: ClockTime = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(serde_json::to_string(&time).unwrap(), format!("\"{text}\""));
        }
        for text in [
            "24:00",
            "12:60",
            "8:00",
            "08:0",
            "+8:00",
            "08:00:00",
            "0800",
            "",
            "０８:00",
        ] {
            assert_eq!(text.parse::<ClockTime>(), Err(NotAClockTime), "{text:?}");
        }
        assert_eq!(ClockTime::new(21, 0), Some(NINE_PM));
        assert_eq!((ClockTime::new(24, 0), ClockTime::new(0, 60)), (None, None));
    }

    #[test]
    fn one_message_more_than_the_cap_is_too_many() {
        let cap = Cap { most: 4, days: 30 };
        assert_eq!(
            [0, 3, 4, 5].map(|sent| cap.is_reached(sent)),
            [false, false, true, true]
        );
        assert!(Cap { most: 0, days: 1 }.is_reached(0));
        let now: Instant = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(cap.since(now), "2026-10-23T10:00:00Z".parse().unwrap());
    }

    #[test]
    fn a_new_chain_sends_everything_over_every_channel_by_day() {
        let rules = MessageRules::default();
        assert_eq!(rules.check(), Ok(()));
        assert_eq!(
            serde_json::to_value(&rules).unwrap(),
            serde_json::json!({
                "quiet": {"from": "21:00", "until": "08:00"}, "cap": {"most": 4, "days": 30}, "language": "zh-CN",
                "days_ahead": {"points": 30, "cards": 30}, "off": [], "channels": {},
            })
        );
        for kind in MessageKind::ALL {
            assert!(!rules.is_off(*kind));
            assert_eq!(rules.channels(*kind), [Channel::Mail, Channel::Sms, Channel::Chat]);
        }
    }

    #[test]
    fn what_is_laid_down_holds_for_its_kind_only() {
        let rules: MessageRules =
            serde_json::from_str(r#"{"off": ["birthday"], "channels": {"card_lost": ["sms"]}, "quiet": null}"#)
                .unwrap();
        assert_eq!(rules.check(), Ok(()));
        assert_eq!((rules.quiet, rules.cap), (None, MessageRules::default().cap));
        assert_eq!(
            [MessageKind::Birthday, MessageKind::CardLost].map(|kind| rules.is_off(kind)),
            [true, false]
        );
        assert_eq!(rules.channels(MessageKind::CardLost), [Channel::Sms]);
        assert_eq!(rules.channels(MessageKind::Birthday).len(), 3);
        for wrong in [
            r#"{"of": []}"#,
            r#"{"off": ["nonsense"]}"#,
            r#"{"cap": {"most": 1}}"#,
            r#"{"days_ahead": {"x": 1}}"#,
        ] {
            assert!(serde_json::from_str::<MessageRules>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused_where_it_is() {
        let with = |json: &str| serde_json::from_str::<MessageRules>(json).unwrap().check();
        for right in [
            r#"{"cap": {"most": 0, "days": 1}, "days_ahead": {"points": 1, "cards": 1}}"#,
            r#"{"cap": {"most": 100, "days": 366}, "days_ahead": {"points": 366, "cards": 366}}"#,
        ] {
            assert_eq!(with(right), Ok(()));
        }
        for (json, pointer) in [
            (
                r#"{"quiet": {"from": "08:00", "until": "08:00"}}"#,
                "/value/quiet/until",
            ),
            (r#"{"cap": {"most": 101, "days": 30}}"#, "/value/cap/most"),
            (r#"{"cap": {"most": 4, "days": 0}}"#, "/value/cap/days"),
            (r#"{"cap": {"most": 4, "days": 367}}"#, "/value/cap/days"),
            (r#"{"days_ahead": {"points": 0}}"#, "/value/days_ahead/points"),
            (r#"{"days_ahead": {"cards": 367}}"#, "/value/days_ahead/cards"),
            (r#"{"channels": {"birthday": []}}"#, "/value/channels/birthday"),
            (
                r#"{"channels": {"birthday": ["sms", "mail", "sms"]}}"#,
                "/value/channels/birthday",
            ),
        ] {
            let refusal = with(json).unwrap_err();
            assert_eq!(
                (refusal.code, refusal.pointer.as_deref()),
                (Code::FieldInvalid, Some(pointer))
            );
        }
    }
}
