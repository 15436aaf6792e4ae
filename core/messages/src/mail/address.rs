//! A mail address as people type it, brought to the form that is sent.

use cardea_domain::{Text, identifier};
use serde::Serialize;
use std::fmt;

/// A mail address that can be sent to: ASCII, its domain in lower case, Chinese domains in Punycode. At most 254 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Address(String);

/// Before the `@`: RFC 5321 4.5.3.1.1.
const LONGEST_NAME: usize = 64;
/// The whole: RFC 5321 4.5.3.1.3 less the brackets.
const LONGEST: usize = 254;

impl Address {
    /// Reads what somebody typed or pasted: full-width letters and signs become plain ones, `。` in the domain a dot, blanks
    /// around it and invisible characters go away.
    ///
    /// # Errors
    /// What is wrong and what to do, in both languages.
    pub fn parse(text: &str) -> Result<Self, Text> {
        let plain = identifier::identifier(text);
        let (name, domain) = plain.rsplit_once('@').unwrap_or((&plain, ""));
        // Input methods for Chinese type a full stop where a dot is meant; in domains IDNA reads it as one.
        let dotted = plain
            .contains('@')
            .then(|| format!("{name}@{}", domain.replace(['。', '｡'], ".")));
        let checked = identifier::mail(dotted.as_deref().unwrap_or(&plain)).map_err(|fault| fault.detail)?;
        let (name, domain) = checked.split_once('@').ok_or_else(unreadable)?;
        check_name(name)?;
        let domain = ascii_domain(domain)?;
        let whole = format!("{name}@{domain}");
        if whole.len() > LONGEST {
            return Err(Text::new(
                format!("邮箱地址最长 {LONGEST} 个字符，现有 {}；请核对", whole.len()),
                format!(
                    "An address has at most {LONGEST} characters, this one {}; check it",
                    whole.len()
                ),
            ));
        }
        Ok(Self(whole))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn name(&self) -> &str {
        self.0.split_once('@').map_or("", |(name, _)| name)
    }

    /// The domain in ASCII.
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn unreadable() -> Text {
    Text::new(
        "邮箱地址应像 name@example.com",
        "An address looks like name@example.com",
    )
}

/// Letters, digits and the signs of RFC 5322's dot-atom. Other scripts would need SMTPUTF8 on every server on the way.
fn check_name(name: &str) -> Result<(), Text> {
    if let Some(wrong) = name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"!#$%&'+-/=?^_`{|}~.".contains(*c))
    {
        return Err(Text::new(
            format!("@ 前面不能有“{wrong}”：只能用英文字母、数字和 . _ - +；请向对方要一个这样的地址"),
            format!("“{wrong}” can't stand before the @: letters, digits and . _ - + only; ask for such an address"),
        ));
    }
    if name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        return Err(Text::new(
            "@ 前面的点不能在开头、末尾或相连；请核对",
            "A dot before the @ can't be first, last or doubled; check it",
        ));
    }
    if name.len() > LONGEST_NAME {
        return Err(Text::new(
            format!("@ 前面最长 {LONGEST_NAME} 个字符；请核对"),
            format!("At most {LONGEST_NAME} characters stand before the @; check it"),
        ));
    }
    Ok(())
}

fn ascii_domain(domain: &str) -> Result<String, Text> {
    let wrong = || {
        Text::new(
            format!("@ 后面的“{domain}”不是域名；应像 qq.com 或 例子.公司"),
            format!("“{domain}” after the @ is no domain; it looks like qq.com"),
        )
    };
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| wrong())?;
    let last = ascii.rsplit('.').next().unwrap_or_default();
    // A last part of digits is an IP address: servers refuse it, and it is a typing mistake.
    if !ascii.contains('.') || last.len() < 2 || last.chars().all(|c| c.is_ascii_digit()) {
        return Err(wrong());
    }
    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        Address::parse(text).map_or_else(|fault| panic!("{text:?}: {fault:?}"), |found| found.to_string())
    }

    #[test]
    fn c5_what_an_input_method_types_becomes_an_address() {
        for typed in [
            "a@qq。com",
            "a@qq｡com",
            "ａ＠ｑｑ．ｃｏｍ",
            " a@qq.com\u{3000}\r\n",
            "a@QQ.com",
            "\u{202d}a@qq.com\u{202c}",
            "a\u{200b}@qq.com",
        ] {
            assert_eq!(parsed(typed), "a@qq.com", "{typed:?}");
        }
        assert_eq!(
            parsed("Wang.Wei+积分@x.cn".replace("积分", "jf").as_str()),
            "Wang.Wei+jf@x.cn"
        );
    }

    #[test]
    fn chinese_domains_become_punycode() {
        assert_eq!(parsed("info@例子。公司"), "info@xn--fsqu00a.xn--55qx5d");
        assert_eq!(parsed("a@bücher.example"), "a@xn--bcher-kva.example");
        assert_eq!(parsed("a@ＱＱ。ＣＯＭ"), "a@qq.com");
    }

    #[test]
    fn whatever_is_no_address_is_refused_in_words() {
        let long_name = format!("{}@qq.com", "a".repeat(65));
        let long_domain = format!("a@{}com", "abcdefgh.".repeat(30));
        let long_label = format!("a@{}.com", "b".repeat(64));
        for (typed, says) in [
            ("", "name@example.com"),
            ("wang", "name@example.com"),
            ("wang@", "name@example.com"),
            ("@qq.com", "name@example.com"),
            ("a@b@qq.com", "只能有一个 @"),
            ("a b@qq.com", "第 2 位"),
            ("a@q q.com", "第 4 位"),
            ("a@qq,com", "第 5 位"),
            ("王 <a@qq.com>", "第 2 位"),
            ("王伟@qq.com", "“王”"),
            ("a。b@qq.com", "第 2 位"),
            ("a\r\nBcc: x@qq.com", "第 2 位"),
            ("a\0@qq.com", "第 2 位"),
            (".a@qq.com", "点"),
            ("a..b@qq.com", "点"),
            ("a@qq", "name@example.com"),
            ("a@-qq.com", "-qq.com"),
            ("a@qq_.com", "qq_.com"),
            ("a@192.168.1.1", "192.168.1.1"),
            ("a@qq.com.", "name@example.com"),
            (&long_name, "name@example.com"),
            (&long_domain, "name@example.com"),
            (&long_label, "name@example.com"),
        ] {
            let fault = Address::parse(typed).expect_err(typed);
            assert!(fault.zh.contains(says), "{typed:?}: {fault:?}");
            assert!(!fault.en.is_empty());
        }
    }
}
