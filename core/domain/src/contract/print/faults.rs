//! What is wrong with a template, with its place.

use super::placeholder::{BlockName, Placeholder};
use super::template::{MOST_ANNEXES, MOST_BODY, MOST_CLAUSES, Template};
use super::writing::says_something;
use crate::braces::{Piece, is_unprintable, pieces};
use crate::error::{Text, WrongField};
use std::collections::BTreeSet;

/// Characters of a title or a heading.
const MOST_TITLE: usize = 100;
/// Characters of an annex's name.
const MOST_ANNEX: usize = 200;
/// Characters of a name that are told.
const TOLD: usize = 40;

pub(super) fn of(template: &Template, fields: &[&str]) -> Vec<WrongField> {
    let mut faults = Faults {
        fields,
        found: Vec::new(),
    };
    faults.text("/title", &template.title, MOST_TITLE, false);
    if !(1..=MOST_CLAUSES).contains(&template.clauses.len()) {
        faults.add(
            "/clauses".into(),
            Text::new(
                format!("模板应有 1–{MOST_CLAUSES} 个条款"),
                format!("A template has 1 to {MOST_CLAUSES} clauses"),
            ),
        );
    }
    for (n, clause) in template.clauses.iter().take(MOST_CLAUSES).enumerate() {
        if let Some(heading) = &clause.heading {
            faults.text(&format!("/clauses/{n}/heading"), heading, MOST_TITLE, false);
        }
        faults.text(&format!("/clauses/{n}/body"), &clause.body, MOST_BODY, true);
        if let Some(when) = &clause.when {
            faults.when(format!("/clauses/{n}/when"), when);
        }
    }
    if template.annexes.len() > MOST_ANNEXES {
        faults.add(
            "/annexes".into(),
            Text::new(
                format!("模板最多 {MOST_ANNEXES} 份附件"),
                format!("A template has at most {MOST_ANNEXES} annexes"),
            ),
        );
    }
    for (n, annex) in template.annexes.iter().take(MOST_ANNEXES).enumerate() {
        faults.text(&format!("/annexes/{n}"), annex, MOST_ANNEX, false);
    }
    faults.found
}

struct Faults<'a> {
    fields: &'a [&'a str],
    found: Vec<WrongField>,
}

impl Faults<'_> {
    fn add(&mut self, pointer: String, detail: Text) {
        self.found.push(WrongField { pointer, detail });
    }

    /// The first fault of each language; where there is none, what only one of them names.
    fn text(&mut self, pointer: &str, text: &Text, most: usize, is_body: bool) {
        let before = self.found.len();
        for (language, said) in [("zh", &text.zh), ("en", &text.en)] {
            let fault = length(said, most)
                .or_else(|| unprintable(said, is_body))
                .or_else(|| self.names(said, is_body))
                .or_else(|| self.full_width(said));
            if let Some(detail) = fault {
                self.add(format!("{pointer}/{language}"), detail);
            }
        }
        if self.found.len() > before {
            return;
        }
        let (zh, en) = (named(&text.zh), named(&text.en));
        for (language, only, other) in [("en", &zh, &en), ("zh", &en, &zh)] {
            for name in only.difference(other) {
                let detail = Text::new(
                    format!("占位符 {{{name}}} 只出现在另一种语言中，两种语言须一致"),
                    format!("Only the other language has the placeholder {{{name}}}; both must say the same"),
                );
                self.add(format!("{pointer}/{language}"), detail);
            }
        }
    }

    fn is_known(&self, name: &str) -> bool {
        match Placeholder::read(name) {
            Some(Placeholder::Value(field)) => self.fields.contains(&field),
            known => known.is_some(),
        }
    }

    fn when(&mut self, pointer: String, name: &str) {
        let block = name.parse::<BlockName>().ok();
        if block.is_some_and(|block| block != BlockName::Parties) || self.is_known(name) {
            return;
        }
        let (zh, en) = self.instead(name);
        let name = told(name);
        let detail = Text::new(
            format!("条件“{name}”不存在，{zh}"),
            format!("There is no “{name}” that a clause could depend on; {en}"),
        );
        self.add(pointer, detail);
    }

    /// The first placeholder that can't stand, or the first lone brace.
    fn names(&self, text: &str, is_body: bool) -> Option<Text> {
        pieces(text).find_map(|(place, piece)| match piece {
            Piece::Plain(_) => None,
            Piece::Lone(brace) => {
                let other = if brace == '{' { '}' } else { '{' };
                Some(Text::new(
                    format!("第 {place} 个字：{brace} 没有对应的 {other}；花括号本身请写两遍"),
                    format!("Character {place}: this {brace} has no {other}; write a brace itself twice"),
                ))
            }
            Piece::Name(name) if name.parse::<BlockName>().is_ok() => {
                let alone = is_body
                    && text.lines().nth(line_of(text, place)).is_some_and(|line| {
                        line.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) == Some(name)
                    });
                (!alone).then(|| {
                    Text::new(
                        format!("第 {place} 个字：{{{name}}} 是整块内容，须在条款正文中独占一行"),
                        format!(
                            "Character {place}: {{{name}}} is a block; it stands alone in a line of a clause's body"
                        ),
                    )
                })
            }
            Piece::Name(name) if self.is_known(name) => None,
            Piece::Name(name) => {
                let (zh, en) = self.instead(name);
                let name = told(name);
                Some(Text::new(
                    format!("第 {place} 个字：没有占位符 {{{name}}}，{zh}"),
                    format!("Character {place}: there is no placeholder {{{name}}}; {en}"),
                ))
            }
        })
    }

    /// What may be meant, or what there is.
    fn instead(&self, name: &str) -> (String, String) {
        let mut names = Placeholder::names(self.fields);
        names.extend(BlockName::ALL.iter().map(|block| block.as_str().to_owned()));
        let wanted = told(name.trim());
        let near = names.iter().map(|known| (distance(&wanted, known), known)).min();
        if let Some((_, known)) = near.filter(|(off, known)| *off <= 2.max(known.len() / 5)) {
            return (format!("是否指 {known}？"), format!("is {known} meant?"));
        }
        let groups = [
            "own_party.…",
            "other_party.…",
            "elements.…",
            "values.…",
            "amount",
            "amount_in_words",
            "starts_on",
            "ends_on",
            "signed_on",
            "number",
            "title",
            "supplement",
            "main_number",
        ];
        (
            format!("可用的有 {}", groups.join("、")),
            format!("there are {}", groups.join(", ")),
        )
    }

    /// Chinese keyboards write `｛amount｝`, which would be printed as it stands.
    fn full_width(&self, text: &str) -> Option<Text> {
        let start = text.match_indices('｛').map(|(start, _)| start).find(|start| {
            let inner = text[*start..].trim_start_matches('｛');
            let name = inner.split(['｝', '}']).next().unwrap_or_default();
            name.len() < inner.len() && (self.is_known(name) || name.parse::<BlockName>().is_ok())
        })?;
        let place = text[..start].chars().count() + 1;
        Some(Text::new(
            format!("第 {place} 个字：占位符须用半角花括号 {{ }}"),
            format!("Character {place}: placeholders stand in half-width braces {{ }}"),
        ))
    }
}

fn told(name: &str) -> String {
    name.chars().take(TOLD).collect()
}

fn length(text: &str, most: usize) -> Option<Text> {
    let fits = says_something(text) && text.chars().count() <= most;
    (!fits).then(|| Text::new(format!("请填写 1–{most} 个字"), format!("Fill in 1–{most} characters")))
}

fn unprintable(text: &str, may_break: bool) -> Option<Text> {
    let odd = |c| is_unprintable(c) && !(may_break && c == '\n');
    let place = text.chars().position(odd)? + 1;
    Some(Text::new(
        format!("第 {place} 个字是换行符或控制字符，请删除"),
        format!("Character {place} is a line break or a control character; remove it"),
    ))
}

/// The line, from 0, that a character (from 1) stands in.
fn line_of(text: &str, place: usize) -> usize {
    text.chars().take(place - 1).filter(|c| *c == '\n').count()
}

fn named(text: &str) -> BTreeSet<&str> {
    let name = |(_, piece)| match piece {
        Piece::Name(name) => Some(name),
        Piece::Plain(_) | Piece::Lone(_) => None,
    };
    pieces(text).filter_map(name).collect()
}

/// Letters to change, add or leave out to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::super::Clause;
    use super::*;

    fn both(text: &str) -> Text {
        Text::new(text, text)
    }

    fn clause(zh: &str, en: &str) -> Clause {
        Clause {
            heading: None,
            body: Text::new(zh, en),
            when: None,
        }
    }

    fn template(clauses: Vec<Clause>) -> Template {
        Template {
            title: Text::new("合同", "Contract"),
            clauses,
            annexes: Vec::new(),
        }
    }

    /// Pointers and what is said in both languages.
    fn told(template: &Template) -> Vec<(String, String, String)> {
        let told = of(template, &["deposit", "colour"]).into_iter();
        told.map(|wrong| (wrong.pointer, wrong.detail.zh, wrong.detail.en))
            .collect()
    }

    fn pointers(template: &Template) -> Vec<String> {
        told(template).into_iter().map(|(pointer, ..)| pointer).collect()
    }

    /// The only fault of a body, which is the same in both languages.
    fn body(text: &str) -> (String, String) {
        let found = told(&template(vec![clause(text, text)]));
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(
            (found[0].0.as_str(), found[1].0.as_str()),
            ("/clauses/0/body/zh", "/clauses/0/body/en")
        );
        (found[0].1.clone(), found[1].2.clone())
    }

    #[test]
    fn d_con_2_a_sound_template_has_no_faults() {
        let text = "{parties}\n {lines} \n{{x}} {values.deposit}{elements.quality}";
        let mut sound = template(vec![clause(text, text); MOST_CLAUSES]);
        sound.annexes = vec![both("{title}"); MOST_ANNEXES];
        sound.clauses[0].heading = Some(both("{number}"));
        for when in [
            "lines",
            "milestones",
            "rebate",
            "amount",
            "own_party.bank",
            "values.colour",
        ] {
            sound.clauses[1].when = Some(when.into());
            assert_eq!(told(&sound), [], "{when}");
        }
        sound.clauses[1].body = both(&"汉".repeat(MOST_BODY));
        assert_eq!(told(&sound), []);
        sound.clauses.push(clause("x", "x"));
        sound.annexes.push(both("x"));
        assert_eq!(pointers(&sound), ["/clauses", "/annexes"]);
        assert_eq!(pointers(&template(Vec::new())), ["/clauses"]);
    }

    #[test]
    fn d_con_2_empty_and_long_texts_are_named() {
        let mut wrong = template(vec![clause(" \n", &"x".repeat(MOST_BODY + 1))]);
        wrong.title = Text::new("\u{200b}", "a\nb");
        wrong.clauses[0].heading = Some(Text::new("好", ""));
        wrong.annexes = vec![Text::new("附".repeat(201), "x")];
        assert_eq!(
            pointers(&wrong),
            [
                "/title/zh",
                "/title/en",
                "/clauses/0/heading/en",
                "/clauses/0/body/zh",
                "/clauses/0/body/en",
                "/annexes/0/zh"
            ]
        );
    }

    #[test]
    fn d_con_2_an_unknown_placeholder_is_named_with_what_may_be_meant() {
        for (name, meant) in [
            ("values.color", "values.colour"),
            ("Amount", "amount"),
            (" amount ", "amount"),
            ("element.quality", "elements.quality"),
            ("own_party.nam", "own_party.name"),
            ("miletsones", "milestones"),
        ] {
            let (zh, en) = body(&format!("甲{{{name}}}"));
            assert_eq!(zh, format!("第 2 个字：没有占位符 {{{name}}}，是否指 {meant}？"));
            assert_eq!(
                en,
                format!("Character 2: there is no placeholder {{{name}}}; is {meant} meant?")
            );
        }
        let (zh, en) = body("{客户生日}");
        assert!(
            zh.contains("可用的有 own_party.…、") && en.contains("there are own_party.…, "),
            "{zh} {en}"
        );
        assert!(body(&format!("{{{}}}", "y".repeat(3000))).0.chars().count() < 300);
    }

    #[test]
    fn d_con_2_braces_and_blocks_stand_where_they_can() {
        assert!(body("a\n{amount").0.starts_with("第 3 个字：{ 没有对应的 }"));
        assert!(body("amount}").1.starts_with("Character 7: this } has no {"));
        assert!(body("价格：{lines}").0.starts_with("第 4 个字：{lines} 是整块内容"));
        assert!(
            body("{lines}\n{rebate}{rebate}")
                .1
                .starts_with("Character 9: {rebate} is a block")
        );
        assert!(body("金额｛amount｝").0.starts_with("第 3 个字：占位符须用半角花括号"));
        let mut headed = template(vec![clause("｛注意｝", "x")]);
        assert_eq!(told(&headed), []);
        headed.clauses[0].heading = Some(both("{lines}"));
        assert_eq!(pointers(&headed), ["/clauses/0/heading/zh", "/clauses/0/heading/en"]);
    }

    #[test]
    fn d_con_2_both_languages_name_the_same() {
        let wrong = template(vec![clause("{amount}{starts_on}{starts_on}", "{amount} {ends_on}")]);
        let found = told(&wrong);
        let pointers: Vec<&str> = found.iter().map(|(pointer, ..)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/clauses/0/body/en", "/clauses/0/body/zh"]);
        assert!(
            found[0].1.contains("{starts_on}") && found[1].2.contains("{ends_on}"),
            "{found:?}"
        );
    }

    #[test]
    fn d_con_2_a_condition_names_something() {
        for when in ["parties", "", "{amount}", "values.size", "ammount"] {
            let mut wrong = template(vec![clause("x", "x")]);
            wrong.clauses[0].when = Some(when.into());
            assert_eq!(pointers(&wrong), ["/clauses/0/when"], "{when}");
        }
    }
}
