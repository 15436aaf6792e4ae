//! Subjects and texts with placeholders: `{name}` stands for a value, `{{` and `}}` for braces.

use super::MessageKind;
use crate::Refusal;
use crate::braces::{Piece, is_unprintable, pieces};
use crate::error::{Text, WrongField};
use crate::identifier::is_invisible;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Characters of a subject as it is written.
pub const MOST_SUBJECT: usize = 120;
/// Characters of a text as it is written.
pub const MOST_TEXT: usize = 4000;
/// Characters of a subject as it is sent, with its values.
pub const MOST_SUBJECT_SENT: usize = 200;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// One line.
    #[schema(min_length = 1, max_length = 120)]
    pub subject: String,
    #[schema(min_length = 1, max_length = 4000)]
    pub text: String,
}

impl Wording {
    /// # Errors
    /// `field_invalid` at `{pointer}/subject` or `{pointer}/text`: empty, too long, an unprintable character, a
    /// placeholder that the kind doesn't have, a brace without its other one; with the place where it helps.
    pub fn check(&self, kind: MessageKind, pointer: &str) -> Result<(), Refusal> {
        WrongField::refusal(pointer, self.faults(kind)).map_or(Ok(()), Err)
    }

    /// The fields that are wrong, with pointers from here.
    pub(super) fn faults(&self, kind: MessageKind) -> Vec<WrongField> {
        let names: Vec<&str> = kind.placeholders().iter().map(|known| known.name).collect();
        let fields = [
            ("/subject", &self.subject, MOST_SUBJECT, false),
            ("/text", &self.text, MOST_TEXT, true),
        ];
        fields
            .into_iter()
            .filter_map(|(pointer, text, most, may_break)| {
                let detail = length_fault(text, most)
                    .or_else(|| unprintable(text, may_break))
                    .or_else(|| placeholder_fault(text, &names))?;
                Some(WrongField {
                    pointer: pointer.into(),
                    detail,
                })
            })
            .collect()
    }

    /// The wording with its values. A value is put in as it is and never searched for placeholders; its line breaks and
    /// other unprintable characters become blanks, and a missing one is empty. The subject is cut at
    /// [`MOST_SUBJECT_SENT`] characters.
    #[must_use]
    pub fn expand(&self, values: &BTreeMap<String, String>) -> Wording {
        let filled = |text: &str| {
            let mut filled = String::with_capacity(text.len());
            for (_, piece) in pieces(text) {
                match piece {
                    Piece::Plain(c) | Piece::Lone(c) => filled.push(c),
                    Piece::Name(name) => {
                        let value = values.get(name).map_or("", String::as_str);
                        filled.extend(value.chars().map(|c| if is_unprintable(c) { ' ' } else { c }));
                    }
                }
            }
            filled
        };
        Wording {
            subject: filled(&self.subject).chars().take(MOST_SUBJECT_SENT).collect(),
            text: filled(&self.text),
        }
    }
}

fn length_fault(text: &str, most: usize) -> Option<Text> {
    let says_something = text.chars().any(|c| !c.is_whitespace() && !is_invisible(c));
    let fits = says_something && text.chars().count() <= most;
    (!fits).then(|| Text::new(format!("请填写 1–{most} 个字"), format!("Fill in 1–{most} characters")))
}

fn unprintable(text: &str, may_break: bool) -> Option<Text> {
    let place = text
        .chars()
        .position(|c| is_unprintable(c) && !(may_break && c == '\n'))?
        + 1;
    Some(Text::new(
        format!("第 {place} 个字是换行符或控制字符，请删除"),
        format!("Character {place} is a line break or a control character; remove it"),
    ))
}

fn placeholder_fault(text: &str, names: &[&str]) -> Option<Text> {
    let known = |separator: &str| {
        let braced: Vec<String> = names.iter().map(|name| format!("{{{name}}}")).collect();
        braced.join(separator)
    };
    let fault = pieces(text).find_map(|(place, piece)| match piece {
        Piece::Name(name) if !names.contains(&name) => {
            let name: String = name.chars().take(40).collect();
            Some(Text::new(
                format!("第 {place} 个字：没有占位符 {{{name}}}，可用的有 {}", known("、")),
                format!(
                    "Character {place}: there is no placeholder {{{name}}}; there are {}",
                    known(", ")
                ),
            ))
        }
        Piece::Lone(brace) => {
            let other = if brace == '{' { '}' } else { '{' };
            Some(Text::new(
                format!("第 {place} 个字：{brace} 没有对应的 {other}；花括号本身请写两遍"),
                format!("Character {place}: this {brace} has no {other}; write a brace itself twice"),
            ))
        }
        Piece::Plain(_) | Piece::Name(_) => None,
    });
    fault.or_else(|| full_width(text, names))
}

/// Chinese keyboards write `｛name｝`, which would go out as it stands.
fn full_width(text: &str, names: &[&str]) -> Option<Text> {
    let start = names.iter().find_map(|name| text.find(&format!("｛{name}｝")))?;
    let place = text[..start].chars().count() + 1;
    Some(Text::new(
        format!("第 {place} 个字：占位符须用半角花括号 {{ }}"),
        format!("Character {place}: placeholders stand in half-width braces {{ }}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use MessageKind::Birthday;

    fn wording(subject: &str, text: &str) -> Wording {
        Wording {
            subject: subject.into(),
            text: text.into(),
        }
    }

    fn sent(subject: &str, text: &str, values: &[(&str, &str)]) -> (String, String) {
        let values = values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let sent = wording(subject, text).expand(&values);
        (sent.subject, sent.text)
    }

    fn refused(subject: &str, text: &str) -> (String, Text) {
        let refusal = wording(subject, text).check(Birthday, "/wording").unwrap_err();
        assert_eq!(refusal.code, Code::FieldInvalid);
        (refusal.pointer.unwrap(), refusal.detail)
    }

    #[test]
    fn values_stand_for_their_placeholders_and_doubled_braces_for_braces() {
        assert_eq!(
            sent(
                "{name}: {{name}}",
                "{a}{b}, {{{a}}} }}{{\n",
                &[("name", "王"), ("a", "1"), ("b", "2")]
            ),
            ("王: {name}".into(), "12, {1} }{\n".into())
        );
        assert_eq!(
            sent("{gone}!", "a{gone}b", &[]),
            ("!".into(), "ab".into()),
            "a missing value is empty"
        );
        assert_eq!(
            sent("{", "a } b {c\n}", &[("c", "no")]),
            ("{".into(), "a } b {c\n}".into())
        );
    }

    #[test]
    fn a_value_is_never_searched_again() {
        assert_eq!(
            sent(
                "{name}",
                "{name} {chain}",
                &[("name", "{chain}{{x}} <script>"), ("chain", "{name}")]
            ),
            ("{chain}{{x}} <script>".into(), "{chain}{{x}} <script> {name}".into())
        );
    }

    #[test]
    fn a_value_breaks_no_line() {
        let value = "a\r\nBcc: b@c.example\u{0}\u{85}\u{2028}\u{2029}\u{202e}\u{2066}z";
        let one_line = "a  Bcc: b@c.example      z";
        assert_eq!(
            sent("{name}", "{name}", &[("name", value)]),
            (one_line.into(), one_line.into())
        );
        let family = "👩\u{200d}👧";
        assert_eq!(
            sent("{name}", "x", &[("name", family)]).0,
            family,
            "joiners belong to what they join"
        );
    }

    #[test]
    fn a_subject_is_cut_between_characters_and_a_text_isnt() {
        let long = "汉".repeat(300);
        let (subject, text) = sent("a{name}", "{name}", &[("name", &long)]);
        assert_eq!(subject, format!("a{}", "汉".repeat(199)));
        assert_eq!(text, long);
    }

    #[test]
    fn lengths_have_their_limits() {
        let longest = wording(&"汉".repeat(120), &"汉".repeat(4000));
        assert_eq!(longest.check(Birthday, ""), Ok(()));
        for (subject, text, pointer, most) in [
            (
                format!("{}x", longest.subject),
                "x".to_owned(),
                "/wording/subject",
                "120",
            ),
            ("x".to_owned(), format!("{}x", longest.text), "/wording/text", "4000"),
            (String::new(), "x".to_owned(), "/wording/subject", "120"),
            ("\u{3000}\u{200b}".to_owned(), "x".to_owned(), "/wording/subject", "120"),
            ("x".to_owned(), " \n".to_owned(), "/wording/text", "4000"),
        ] {
            let (at, detail) = refused(&subject, &text);
            assert_eq!(at, pointer);
            assert!(detail.zh.contains(most) && detail.en.contains(most), "{detail:?}");
        }
    }

    #[test]
    fn a_subject_is_one_line_and_neither_has_control_characters() {
        assert_eq!(wording("x", "a\nb").check(Birthday, ""), Ok(()));
        for (subject, text, pointer) in [
            ("ab\nc", "x", "/wording/subject"),
            ("ab\u{2028}", "x", "/wording/subject"),
            ("x", "ab\r\n", "/wording/text"),
            ("x", "汉字\tc", "/wording/text"),
            ("x", "汉字\u{202e}", "/wording/text"),
        ] {
            let (at, detail) = refused(subject, text);
            assert_eq!(at, pointer);
            assert!(
                detail.zh.starts_with("第 3 个字") && detail.en.starts_with("Character 3 "),
                "{detail:?}"
            );
        }
    }

    #[test]
    fn a_wrong_placeholder_is_named_with_its_place() {
        let known = ("{name}、{chain}、{store}", "{name}, {chain}, {store}");
        for (text, place, named) in [
            ("汉字{points}", 3, "{points}"),
            ("{name} {Name}", 8, "{Name}"),
            ("{{x}} { name }", 7, "{ name }"),
            ("ab{}", 3, "{}"),
        ] {
            let (at, detail) = refused("{name}", text);
            assert_eq!(at, "/wording/text");
            assert_eq!(
                detail.zh,
                format!("第 {place} 个字：没有占位符 {named}，可用的有 {}", known.0)
            );
            assert_eq!(
                detail.en,
                format!(
                    "Character {place}: there is no placeholder {named}; there are {}",
                    known.1
                )
            );
        }
        assert_eq!(refused("{points}", "x").0, "/wording/subject");
        let long = refused("x", &format!("{{{}}}", "y".repeat(3000))).1;
        assert!(
            long.zh.contains(&"y".repeat(40)) && !long.zh.contains(&"y".repeat(41)),
            "kept readable"
        );
    }

    #[test]
    fn a_brace_without_its_other_one_is_named_with_its_place() {
        for (text, place, lone, other) in [
            ("汉{name", 2, '{', '}'),
            ("{na{name}", 1, '{', '}'),
            ("{name\n}", 1, '{', '}'),
            ("{name}}", 7, '}', '{'),
            ("}{{", 1, '}', '{'),
        ] {
            let (at, detail) = refused("x", text);
            assert_eq!(at, "/wording/text", "{text:?}");
            assert_eq!(
                detail.zh,
                format!("第 {place} 个字：{lone} 没有对应的 {other}；花括号本身请写两遍")
            );
            assert_eq!(
                detail.en,
                format!("Character {place}: this {lone} has no {other}; write a brace itself twice")
            );
        }
    }

    #[test]
    fn full_width_braces_round_a_placeholder_are_seen() {
        let (at, detail) = refused("x", "您好｛name｝");
        assert_eq!(
            (at.as_str(), detail.zh.as_str()),
            ("/wording/text", "第 3 个字：占位符须用半角花括号 { }")
        );
        assert_eq!(wording("x", "｛注意｝").check(Birthday, ""), Ok(()));
    }

    #[test]
    fn both_fields_are_told_at_once() {
        let refusal = wording("{a}", "{b}").check(Birthday, "").unwrap_err();
        let places: Vec<&str> = refusal.facts.wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
        assert_eq!(places, ["/subject", "/text"]);
    }
}
