//! What differs between two versions of a contract's text (D-CON-3): by paragraphs, and within changed ones by
//! characters, since Chinese puts no blanks between words. Figures and words in Latin letters change as a whole: of an
//! amount one wants to read both, not which digits they share.

use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use utoipa::ToSchema;

/// Longest text, in characters, that is compared; a longer one counts as replaced.
pub const MOST_CHARACTERS: usize = 200_000;
/// Most paragraphs of a text, and most tokens of a paragraph, that are compared: the longer two lists without anything in
/// common are, the deeper `similar` goes into the stack. Twenty times as many overflow it.
const LONGEST_LIST: usize = 20_000;
/// Most pairs of paragraphs that are tried out in one place; beyond, they are paired by their order.
const MOST_PAIRS: usize = 2_500;

named! {
/// What happened to a piece of text.
pub enum Change {
    Kept = "kept",
    Removed = "removed",
    Added = "added",
}
}

named! {
/// What happened to a paragraph.
pub enum ParagraphChange {
    Kept = "kept",
    Removed = "removed",
    Added = "added",
    /// Its pieces say where.
    Changed = "changed",
}
}

/// A piece of a paragraph; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Piece {
    pub change: Change,
    pub text: String,
}

/// A paragraph of either text, or of both where it was kept or changed. Its pieces without the added ones are the old
/// paragraph, without the removed ones the new one; an empty line has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DifferingParagraph {
    pub change: ParagraphChange,
    pub pieces: Vec<Piece>,
}

/// How `before` became `after`, in the order of reading. Paragraphs end at line feeds, with or without a carriage
/// return.
pub fn difference(before: &str, after: &str) -> Vec<DifferingParagraph> {
    let (old, new) = (paragraphs(before), paragraphs(after));
    let is_long = |text: &str| text.chars().count() > MOST_CHARACTERS;
    if is_long(before) || is_long(after) || old.len().max(new.len()) > LONGEST_LIST {
        let mut found = Vec::new();
        replaced(&old, &[], &mut found);
        replaced(&[], &new, &mut found);
        return found;
    }
    let mut found = Vec::with_capacity(old.len().max(new.len()));
    for step in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (old, new) = (&old[step.old_range()], &new[step.new_range()]);
        if let DiffOp::Equal { .. } = step {
            found.extend(old.iter().map(|text| whole(ParagraphChange::Kept, Change::Kept, text)));
        } else {
            replaced(old, new, &mut found);
        }
    }
    found
}

/// Whether anything differs.
pub fn is_changed(difference: &[DifferingParagraph]) -> bool {
    difference.iter().any(|part| part.change != ParagraphChange::Kept)
}

fn paragraphs(text: &str) -> Vec<&str> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect()
}

fn whole(paragraph: ParagraphChange, change: Change, text: &str) -> DifferingParagraph {
    let piece = (!text.is_empty()).then(|| Piece {
        change,
        text: text.to_owned(),
    });
    DifferingParagraph {
        change: paragraph,
        pieces: piece.into_iter().collect(),
    }
}

/// Paragraphs in whose place others stand: those alike are shown as changed, the others as removed or added.
fn replaced(old: &[&str], new: &[&str], found: &mut Vec<DifferingParagraph>) {
    let (mut next_old, mut next_new) = (0, 0);
    let end = std::iter::once((old.len(), new.len()));
    for (old_at, new_at) in pairs(old, new).into_iter().chain(end) {
        let gone = &old[next_old..old_at];
        let come = &new[next_new..new_at];
        found.extend(
            gone.iter()
                .map(|text| whole(ParagraphChange::Removed, Change::Removed, text)),
        );
        found.extend(
            come.iter()
                .map(|text| whole(ParagraphChange::Added, Change::Added, text)),
        );
        if let (Some(before), Some(after)) = (old.get(old_at), new.get(new_at)) {
            found.push(changed(before, after));
        }
        (next_old, next_new) = (old_at + 1, new_at + 1);
    }
}

fn changed(before: &str, after: &str) -> DifferingParagraph {
    let (old, new) = (tokens(before), tokens(after));
    let mut pieces = Vec::new();
    if old.len().max(new.len()) > LONGEST_LIST {
        let part = |change, text: &str| Piece {
            change,
            text: text.to_owned(),
        };
        pieces = vec![part(Change::Removed, before), part(Change::Added, after)];
        return DifferingParagraph {
            change: ParagraphChange::Changed,
            pieces,
        };
    }
    for step in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (removed, added) = (old[step.old_range()].concat(), new[step.new_range()].concat());
        let parts = match step {
            DiffOp::Equal { .. } => vec![(Change::Kept, removed)],
            _ => vec![(Change::Removed, removed), (Change::Added, added)],
        };
        let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
        pieces.extend(parts.map(|(change, text)| Piece { change, text }));
    }
    DifferingParagraph {
        change: ParagraphChange::Changed,
        pieces,
    }
}

/// Pairs of paragraphs that are alike, in order in both, such that most is alike in sum.
fn pairs(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let (old, new) = (sorted_tokens(old), sorted_tokens(new));
    if old.len() * new.len() > MOST_PAIRS {
        let both = 0..old.len().min(new.len());
        return both
            .filter(|at| likeness(&old[*at], &new[*at]) > 0)
            .map(|at| (at, at))
            .collect();
    }
    // best[i][j]: the most that paragraphs from i and j on have in common.
    let mut best = vec![vec![0u64; new.len() + 1]; old.len() + 1];
    let like: Vec<Vec<u64>> = old
        .iter()
        .map(|a| new.iter().map(|b| likeness(a, b)).collect())
        .collect();
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let apart = best[i + 1][j].max(best[i][j + 1]);
            best[i][j] = apart.max(like[i][j] + best[i + 1][j + 1]);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if like[i][j] > 0 && best[i][j] == like[i][j] + best[i + 1][j + 1] {
            found.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if best[i][j] == best[i + 1][j] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

fn sorted_tokens<'a>(paragraphs: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut of_all: Vec<Vec<&str>> = paragraphs.iter().map(|text| tokens(text)).collect();
    of_all.iter_mut().for_each(|tokens| tokens.sort_unstable());
    of_all
}

/// Parts per thousand that two sorted lists of tokens have in common, 0 for less than half: such paragraphs read better
/// one after the other.
fn likeness(old: &[&str], new: &[&str]) -> u64 {
    let (mut i, mut j, mut common) = (0, 0, 0usize);
    while let (Some(a), Some(b)) = (old.get(i), new.get(j)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    let all = (old.len() + new.len()).max(1);
    let share = (common * 2000 / all) as u64;
    if share < 500 { 0 } else { share }
}

/// Characters, with what modifies them; runs of ASCII letters and digits as one, and figures with their points.
fn tokens(text: &str) -> Vec<&str> {
    let (mut rest, mut found) = (text, Vec::new());
    while let Some(first) = rest.chars().next() {
        let bare = if first.is_ascii_alphanumeric() {
            word_length(rest.as_bytes())
        } else {
            first.len_utf8()
        };
        let behind = rest[bare..].trim_start_matches(is_modifier);
        let (token, next) = rest.split_at(rest.len() - behind.len());
        found.push(token);
        rest = next;
    }
    found
}

/// Bytes of the word that a text begins with; a point or a comma between two digits belongs to it.
fn word_length(text: &[u8]) -> usize {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let goes_on = |at: &usize| match text[*at] {
        b'.' | b',' => is_digit(at - 1) && is_digit(at + 1),
        other => other.is_ascii_alphanumeric(),
    };
    1 + (1..text.len()).take_while(goes_on).count()
}

/// Combining marks, joiners and the variation selectors of emoji and of rare characters in names.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One line per paragraph: `[-removed-]`, `{+added+}`.
    fn shown(before: &str, after: &str) -> Vec<String> {
        let mark = |piece: &Piece| match piece.change {
            Change::Kept => piece.text.clone(),
            Change::Removed => format!("[-{}-]", piece.text),
            Change::Added => format!("{{+{}+}}", piece.text),
        };
        let line = |part: &DifferingParagraph| {
            let pieces: String = part.pieces.iter().map(mark).collect();
            format!("{} {pieces}", part.change)
        };
        difference(before, after).iter().map(line).collect()
    }

    #[test]
    fn d_con_3_changed_paragraphs_show_changed_characters() {
        let before = "第一条 标的\n乙方应于每月5日前支付货款10,000.00元。\n第三条 违约\n本合同一式两份。";
        let after =
            "第一条 标的\n乙方应于每月15日前付清货款12,500.00元。\n第三条 违约\n双方各执一份。\n本合同一式两份。";
        assert_eq!(
            shown(before, after),
            [
                "kept 第一条 标的",
                "changed 乙方应于每月[-5-]{+15+}日前[-支-]付{+清+}货款[-10,000.00-]{+12,500.00+}元。",
                "kept 第三条 违约",
                "added {+双方各执一份。+}",
                "kept 本合同一式两份。"
            ]
        );
    }

    #[test]
    fn d_con_3_what_has_little_in_common_is_removed_and_added() {
        assert_eq!(
            shown("甲方负责运输。", "争议提交仲裁委员会。"),
            ["removed [-甲方负责运输。-]", "added {+争议提交仲裁委员会。+}"]
        );
        assert_eq!(
            shown(
                "一\n质量标准按国标执行。\n二",
                "一\n付款方式为转账。\n质量标准按行标执行。\n二"
            ),
            [
                "kept 一",
                "added {+付款方式为转账。+}",
                "changed 质量标准按[-国-]{+行+}标执行。",
                "kept 二"
            ]
        );
        assert_eq!(shown("", "一"), ["removed ", "added {+一+}"]);
    }

    #[test]
    fn d_con_3_equal_texts_have_no_difference() {
        for text in ["", "一", "一\n\n二\n", "one\r\ntwo"] {
            let same = difference(text, &text.replace("\r\n", "\n"));
            assert!(!is_changed(&same), "{text:?}");
        }
        assert!(is_changed(&difference("一", "二")) && is_changed(&difference("一", "一\n")));
    }

    #[test]
    fn d_con_3_figures_words_and_modified_characters_stay_whole() {
        for (text, wanted) in [
            ("价10,000.00元", vec!["价", "10,000.00", "元"]),
            ("a.b, 3. c", vec!["a", ".", "b", ",", " ", "3", ".", " ", "c"]),
            ("v1.2.3号", vec!["v1.2.3", "号"]),
            (".5,x5", vec![".", "5", ",", "x5"]),
            ("葛\u{e0100}先生", vec!["葛\u{e0100}", "先", "生"]),
            ("\u{301}e\u{301}", vec!["\u{301}", "e\u{301}"]),
            ("", vec![]),
        ] {
            assert_eq!(tokens(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn d_con_3_long_texts_come_to_an_end() {
        // Nothing in common in order, everything in common by count: the worst there is to pair and to compare.
        let text = |step: u32| -> String {
            let letter = |n: u32| char::from_u32(0x4e00 + n * step % 997).unwrap_or('一');
            (0..60_000)
                .map(|n| if n % 3_000 == 2_999 { '\n' } else { letter(n) })
                .collect()
        };
        let (before, after) = (text(7), text(11));
        assert_eq!(rebuilt(&difference(&before, &after)), (before, after));
        let (before, after) = (shuffled(1, LONGEST_LIST), shuffled(2, LONGEST_LIST));
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>().join("\n");
        for (before, after) in [(lines(&before), lines(&after)), (before, after)] {
            assert_eq!(rebuilt(&difference(&before, &after)), (before, after));
        }
        let many = |n: usize| {
            (0..300)
                .map(|i| format!("第{}条 甲方应当按时付款", i * n))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let (before, after) = (many(1_000), many(1_001));
        assert_eq!(rebuilt(&difference(&before, &after)), (before, after));
    }

    /// Characters in no order, the same ones for the same seed.
    fn shuffled(seed: u64, count: usize) -> String {
        let mut state = seed;
        let step = |_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from_u32(0x4e00 + (state >> 33) as u32 % 500).unwrap_or('一')
        };
        (0..count).map(step).collect()
    }

    #[test]
    fn d_con_3_what_is_too_long_counts_as_replaced() {
        let changes = |before: &str, after: &str| {
            let parts = difference(before, after);
            assert_eq!(rebuilt(&parts), (before.to_owned(), after.to_owned()));
            let paragraphs: Vec<ParagraphChange> = parts.iter().map(|part| part.change).collect();
            (paragraphs, parts[0].pieces.len())
        };
        use ParagraphChange::{Added, Changed, Removed};
        let long = "长".repeat(MOST_CHARACTERS);
        assert_eq!(changes("短", &format!("{long}长")), (vec![Removed, Added], 1));
        let (paragraph, lines) = ("长".repeat(LONGEST_LIST - 1), "行\n".repeat(LONGEST_LIST));
        let longer = |more: &str| format!("{paragraph}{more}");
        assert_eq!(changes(&paragraph, &longer("短")), (vec![Changed], 2), "kept and added");
        let (parts, pieces) = (difference(&longer("一"), &longer("二三")), 2);
        assert_eq!(
            (parts[0].change, parts[0].pieces.len()),
            (Changed, pieces),
            "removed and added"
        );
        assert_eq!(parts[0].pieces[0].change, Change::Removed);
        assert!(
            changes(&lines, "行")
                .0
                .iter()
                .all(|change| [Removed, Added].contains(change))
        );
    }

    /// Both texts as a difference tells them.
    fn rebuilt(difference: &[DifferingParagraph]) -> (String, String) {
        let side = |own: ParagraphChange, left_out: Change| {
            let foreign = if own == ParagraphChange::Removed {
                ParagraphChange::Added
            } else {
                ParagraphChange::Removed
            };
            let parts = difference.iter().filter(|part| part.change != foreign);
            let lines = parts.map(|part| {
                let pieces = part.pieces.iter().filter(|piece| piece.change != left_out);
                pieces.map(|piece| piece.text.as_str()).collect::<String>()
            });
            lines.collect::<Vec<_>>().join("\n")
        };
        (
            side(ParagraphChange::Removed, Change::Added),
            side(ParagraphChange::Added, Change::Removed),
        )
    }

    proptest! {
        #[test]
        fn d_con_3_a_difference_tells_both_texts(
            before in "([甲乙丙付款1.,a]{0,12}\n){0,6}[甲乙1]{0,5}", after in "([甲乙丙付款1.,a]{0,12}\n){0,6}[甲乙1]{0,5}",
        ) {
            let found = difference(&before, &after);
            prop_assert_eq!(rebuilt(&found), (before.clone(), after.clone()));
            prop_assert_eq!(is_changed(&found), before != after);
            for part in &found {
                prop_assert!(part.pieces.iter().all(|piece| !piece.text.is_empty()));
                prop_assert!(part.pieces.windows(2).all(|pair| pair[0].change != pair[1].change));
            }
        }

        #[test]
        fn d_con_3_tokens_are_the_text(text in "[甲1.,a\u{301} ]{0,20}") {
            prop_assert_eq!(tokens(&text).concat(), text);
        }
    }
}
