//! How a Chinese name is typed by its sound: the whole (wangxiaoming) and its initials (wxm), the surname as surnames are
//! read (单 shan, 仇 qiu, 曾 zeng, 解 xie).

use super::surname;
use pinyin::ToPinyin;
use std::collections::BTreeSet;

/// Letters of the longest form that is kept.
const LONGEST: usize = 64;

/// What a query may be by its sound: two letters or more and nothing else.
pub(super) fn typed(normalised: &str) -> Option<String> {
    let letters = |c: char| c.is_ascii_lowercase() || c == 'ü';
    let sound = normalised.chars().all(letters) && normalised.chars().count() > 1;
    sound.then(|| normalised.replace('ü', "v"))
}

/// The forms under which a name is found; none for a name without Chinese characters.
pub(super) fn forms(name: &str) -> BTreeSet<String> {
    let chars: Vec<char> = name.chars().filter(|c| c.is_alphanumeric()).collect();
    if !chars.iter().any(|c| c.to_pinyin().is_some()) {
        return BTreeSet::new();
    }
    let known = surname::reading(name);
    let (behind, reading) = known.unwrap_or((0, ""));
    let (mut whole, mut initials) = (reading.to_lowercase(), String::new());
    for (i, c) in chars.iter().enumerate() {
        let sound = c.to_pinyin().map(|sound| sound.plain().to_owned());
        let sound = sound.unwrap_or_else(|| c.to_lowercase().collect());
        if i >= behind {
            whole.push_str(&sound);
        }
        // The first letter of a surname's reading, not of what the character is read as elsewhere.
        let first = if i == 0 && behind > 0 {
            reading.to_lowercase().chars().next()
        } else {
            sound.chars().next()
        };
        initials.extend(first);
    }
    let all = [whole.clone(), initials];
    // ü has no key: people type v, or u.
    let mut forms: BTreeSet<String> = all.iter().map(|form| form.replace('ü', "v")).collect();
    forms.insert(whole.replace('ü', "u"));
    forms.retain(|form| form.chars().count() > 1);
    forms
        .into_iter()
        .map(|form| form.chars().take(LONGEST).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_typed_by_their_sound_and_surnames_read_as_surnames() {
        for (name, expected) in [
            ("王小明", "wangxiaoming wxm"),
            ("单雄信", "shanxiongxin sxx"),
            ("仇英", "qiuying qy"),
            ("曾国藩", "zengguofan zgf"),
            ("解缙", "xiejin xj"),
            ("查良镛", "zhaliangyong zly"),
            ("欧阳锋", "oyf ouyangfeng"),
            ("尉迟恭", "ycg yuchigong"),
            ("吕布", "lb lubu lvbu"),
            ("王 芳", "wangfang wf"),
            ("Emma Smith", ""),
        ] {
            let expected: BTreeSet<String> = expected.split_whitespace().map(str::to_owned).collect();
            assert_eq!(forms(name), expected, "{name}");
        }
        assert_eq!(typed("wxm").as_deref(), Some("wxm"));
        assert_eq!(typed("lübu").as_deref(), Some("lvbu"));
        for other in ["w", "王", "wang1", "a-b"] {
            assert_eq!(typed(other), None, "{other}");
        }
    }
}
