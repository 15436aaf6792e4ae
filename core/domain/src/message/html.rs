//! The text of a mail as a little document.

use super::MessageLanguage;

/// The text as an HTML document: everything escaped, paragraphs at empty lines, other line breaks kept, addresses that
/// begin with `http://` or `https://` as links; nothing of the text becomes anything else.
pub fn html(text: &str, language: MessageLanguage) -> String {
    let mut paragraphs: Vec<Vec<String>> = vec![Vec::new()];
    for line in text.lines() {
        match paragraphs.last_mut() {
            Some(paragraph) if !line.trim().is_empty() => paragraph.push(with_links(line)),
            _ => paragraphs.push(Vec::new()),
        }
    }
    let body: String = paragraphs
        .iter()
        .filter(|lines| !lines.is_empty())
        .map(|lines| format!("<p>{}</p>\n", lines.join("<br>\n")))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\"></head>\n\
         <body>\n{body}</body>\n</html>\n"
    )
}

fn with_links(line: &str) -> String {
    let mut made = String::new();
    let mut plain = 0;
    for (start, _) in line.match_indices("http") {
        let is_inside = line[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
        if start < plain || is_inside {
            continue;
        }
        if let Some(link) = link_at(&line[start..]) {
            let address = escaped(link);
            made += &escaped(&line[plain..start]);
            made += &format!("<a href=\"{address}\">{address}</a>");
            plain = start + link.len();
        }
    }
    made + &escaped(&line[plain..])
}

/// The address at the beginning of a text. It ends where no ASCII character of an address follows (Chinese text stands
/// right behind it), and before the punctuation of the sentence.
fn link_at(text: &str) -> Option<&str> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let scheme = text.len() - host.len();
    let in_address = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    let end = host.find(|c| !in_address(c)).unwrap_or(host.len());
    let address = host[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    let address = match address.strip_suffix(')') {
        Some(inside) if !inside.contains('(') => inside,
        _ => address,
    };
    let has_host = address.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    has_host.then(|| &text[..scheme + address.len()])
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(text: &str) -> String {
        let document = html(text, MessageLanguage::English);
        let (_, rest) = document.split_once("<body>\n").unwrap();
        rest.split_once("</body>").unwrap().0.trim_end().replace('\n', "")
    }

    #[test]
    fn a_text_becomes_a_document_in_its_language() {
        let document = html("您好！", MessageLanguage::Chinese);
        assert_eq!(
            document,
            "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head><meta charset=\"utf-8\"></head>\n\
             <body>\n<p>您好！</p>\n</body>\n</html>\n"
        );
        assert!(html("", MessageLanguage::English).contains("<html lang=\"en\">"));
    }

    #[test]
    fn empty_lines_part_paragraphs_and_other_breaks_stay() {
        assert_eq!(body("a\nb\n\n \nc\n"), "<p>a<br>b</p><p>c</p>");
        assert_eq!(body("\r\na\r\nb"), "<p>a<br>b</p>");
        assert_eq!(body(""), "");
    }

    #[test]
    fn nothing_of_the_text_is_markup() {
        assert_eq!(
            body("<script>alert('x')</script> & \"y\""),
            "<p>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;</p>"
        );
        assert_eq!(body("javascript:alert(1)"), "<p>javascript:alert(1)</p>");
        assert_eq!(
            body("https://a.example/\"onclick=alert(1)"),
            "<p><a href=\"https://a.example/\">https://a.example/</a>&quot;onclick=alert(1)</p>"
        );
    }

    #[test]
    fn web_addresses_are_links_and_end_where_the_sentence_goes_on() {
        let link = |address: &str| format!("<a href=\"{address}\">{address}</a>");
        let one = "https://a.example/x?b=1&amp;c=2";
        for (text, expected) in [
            ("https://a.example/x?b=1&c=2", link(one)),
            (
                "请打开https://a.example/x，谢谢",
                format!("请打开{}，谢谢", link("https://a.example/x")),
            ),
            (
                "(see http://a.example/x).",
                format!("(see {}).", link("http://a.example/x")),
            ),
            ("http://a.example/x_(y)", link("http://a.example/x_(y)")),
            (
                "https://a.example https://b.example",
                format!("{} {}", link("https://a.example"), link("https://b.example")),
            ),
            (
                "https://a.example/?to=https://b.example",
                link("https://a.example/?to=https://b.example"),
            ),
            (
                "https:// http://. xhttps://a.example ftp://a.example",
                "https:// http://. xhttps://a.example ftp://a.example".into(),
            ),
        ] {
            assert_eq!(body(text), format!("<p>{expected}</p>"));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_only_our_own_tags_come_out(text in "([<>&'\"/ a:.\n(]|http://|https://|<a href=|。){0,40}") {
            let mut rest = body(&text).replace("\">", "\"");
            for tag in ["<p>", "</p>", "<br>", "<a href=\"", "</a>"] {
                rest = rest.replace(tag, "");
            }
            prop_assert!(!rest.contains(['<', '>']), "{rest}");
        }
    }
}
