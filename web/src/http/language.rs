//! Which of the two languages a client reads.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use cardea_domain::Text;
use std::convert::Infallible;
use std::future::{Ready, ready};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// zh-CN
    Chinese,
    English,
}

impl Language {
    /// The client's preferred one of the two by `Accept-Language`; English where it names neither.
    pub fn of(headers: &HeaderMap) -> Self {
        headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok())
            .map_or(Self::English, Self::preferred)
    }

    fn preferred(accept: &str) -> Self {
        let mut best = (0, Self::English);
        for range in accept.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let language = match primary {
                p if p.eq_ignore_ascii_case("zh") => Self::Chinese,
                p if p.eq_ignore_ascii_case("en") => Self::English,
                _ => continue,
            };
            let quality = thousandths(parameters);
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// Picks the text in this language.
    pub fn picker(self) -> fn(&Text) -> &str {
        match self {
            Self::Chinese => |text| &text.zh,
            Self::English => |text| &text.en,
        }
    }

    /// The text in this language.
    pub fn pick(self, text: &Text) -> &str {
        match self {
            Self::Chinese => &text.zh,
            Self::English => &text.en,
        }
    }

    /// The value of `Content-Language`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

impl FromRequest for Language {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req.headers())))
    }
}

/// A quality value (`q=0.8`) in thousandths; 1000 without one, 0 for one that can't be read.
fn thousandths(parameters: &str) -> u32 {
    let Some(q) = parameters.split(';').find_map(|p| p.trim().strip_prefix("q=")) else {
        return 1000;
    };
    let (whole, fraction) = q.trim().split_once('.').unwrap_or((q.trim(), ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(whole @ 0..=1), Ok(fraction)) => (whole * 1000 + fraction).min(1000),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_of_both_languages_wins() {
        let cases = [
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("en;q=0.5, zh-TW;q=0.51", Language::Chinese),
            ("fr, zh;q=0.1", Language::Chinese),
            ("fr", Language::English),
            ("zh;q=0", Language::English),
            ("", Language::English),
            ("ZH", Language::Chinese),
            ("zh;q=x, *", Language::English),
        ];
        for (accept, wanted) in cases {
            assert_eq!(Language::preferred(accept), wanted, "{accept}");
        }
    }
}
