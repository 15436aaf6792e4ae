//! What is wrong with a template, with its place.

use super::placeholder::{BlockName, Placeholder};
use super::template::{MOST_ANNEXES, MOST_BODY, MOST_CLAUSES, Template};
use crate::braces::{Piece, is_unprintable, pieces};
use crate::error::{Text, WrongField};
use crate::identifier::is_invisible;
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
    let says_something = text.chars().any(|c| !c.is_whitespace() && !is_invisible(c));
    let fits = says_something && text.chars().count() <= most;
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
