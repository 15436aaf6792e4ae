//! What a chain says otherwise than what is shipped, and its templates at the providers of SMS and chat.

use super::{Channel, MessageKind, MessageLanguage, Wording};
use crate::Refusal;
use crate::error::WrongField;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A chain's own wording of a kind; absent: as shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguagePair {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zh: Option<Wording>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<Wording>,
}

/// The ids of a kind's templates at the providers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewayTemplates {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "SMS_123")]
    pub sms: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100)]
    pub chat: Option<String>,
}

/// What a chain says otherwise than what is shipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MessageWording {
    pub wording: BTreeMap<MessageKind, LanguagePair>,
    pub templates: BTreeMap<MessageKind, GatewayTemplates>,
}

impl MessageWording {
    /// # Errors
    /// `field_invalid` with pointers such as `/value/wording/birthday/zh/text` ([`Wording::check`]) and
    /// `/value/templates/birthday/sms`.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut wrong = Vec::new();
        for (kind, pair) in &self.wording {
            for (language, wording) in [("zh", &pair.zh), ("en", &pair.en)] {
                let faults = wording.iter().flat_map(|wording| wording.faults(*kind));
                wrong.extend(faults.map(|fault| WrongField {
                    pointer: format!("/wording/{kind}/{language}{}", fault.pointer),
                    ..fault
                }));
            }
        }
        for (kind, ids) in &self.templates {
            let faulty = [("sms", &ids.sms), ("chat", &ids.chat)]
                .into_iter()
                .filter(|(_, id)| id.as_ref().is_some_and(|id| !is_template_id(id)));
            wrong.extend(faulty.map(|(channel, _)| {
                WrongField::new(
                    format!("/templates/{kind}/{channel}"),
                    "请填写 1–100 个字，不含空格和控制字符",
                    "Fill in 1–100 characters, without blanks or control characters",
                )
            }));
        }
        WrongField::refusal("/value", wrong).map_or(Ok(()), Err)
    }

    /// What a kind says: the chain's own wording, else the one that is shipped.
    pub fn of(&self, kind: MessageKind, language: MessageLanguage) -> Wording {
        let own = self.wording.get(&kind).and_then(|pair| match language {
            MessageLanguage::Chinese => pair.zh.clone(),
            MessageLanguage::English => pair.en.clone(),
        });
        own.unwrap_or_else(|| kind.shipped(language))
    }

    /// The id of a kind's template at the channel's provider; mail has none.
    pub fn template(&self, kind: MessageKind, channel: Channel) -> Option<&str> {
        let ids = self.templates.get(&kind)?;
        match channel {
            Channel::Mail => None,
            Channel::Sms => ids.sms.as_deref(),
            Channel::Chat => ids.chat.as_deref(),
        }
    }
}

fn is_template_id(id: &str) -> bool {
    (1..=100).contains(&id.chars().count()) && !id.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageLanguage::{Chinese, English};

    fn read(json: &str) -> MessageWording {
        serde_json::from_str(json).unwrap()
    }

    fn places(json: &str) -> Vec<String> {
        let refusal = read(json).check().unwrap_err();
        assert_eq!(refusal.code, crate::Code::FieldInvalid);
        refusal.facts.wrong.iter().map(|wrong| wrong.pointer.clone()).collect()
    }

    #[test]
    fn a_chains_own_wording_stands_for_one_language_of_one_kind() {
        let own = read(r#"{"wording": {"birthday": {"zh": {"subject": "生日快乐", "text": "{name}"}}}}"#);
        assert_eq!(own.check(), Ok(()));
        assert_eq!(own.of(MessageKind::Birthday, Chinese).subject, "生日快乐");
        for (kind, language) in [(MessageKind::Birthday, English), (MessageKind::CardLost, Chinese)] {
            assert_eq!(own.of(kind, language), kind.shipped(language));
        }
        let english = read(r#"{"wording": {"birthday": {"en": {"subject": "Hooray", "text": "{name}"}}}}"#);
        assert_eq!(english.of(MessageKind::Birthday, English).subject, "Hooray");
    }

    #[test]
    fn only_the_providers_of_sms_and_chat_have_templates() {
        let own = read(r#"{"templates": {"card_lost": {"sms": "SMS_1", "chat": "c-2"}, "birthday": {"chat": "c-3"}}}"#);
        assert_eq!(own.check(), Ok(()));
        let of = |kind| {
            Channel::ALL
                .iter()
                .map(|channel| own.template(kind, *channel))
                .collect::<Vec<_>>()
        };
        assert_eq!(of(MessageKind::CardLost), [None, Some("SMS_1"), Some("c-2")]);
        assert_eq!(of(MessageKind::Birthday), [None, None, Some("c-3")]);
        assert_eq!(of(MessageKind::TierChanged), [None, None, None]);
    }

    #[test]
    fn faults_are_named_where_they_are() {
        assert_eq!(
            places(
                r#"{"wording": {"birthday": {
                    "zh": {"subject": "{points}", "text": "{"}, "en": {"subject": "ok", "text": " "}}}}"#
            ),
            [
                "/value/wording/birthday/zh/subject",
                "/value/wording/birthday/zh/text",
                "/value/wording/birthday/en/text"
            ]
        );
        let long = "x".repeat(101);
        for (id, is_right) in [
            ("", false),
            ("SMS 1", false),
            ("S\u{1}", false),
            (&long, false),
            (&long[1..], true),
        ] {
            let json = serde_json::json!({"templates": {"birthday": {"sms": id, "chat": "c"}}}).to_string();
            if is_right {
                assert_eq!(read(&json).check(), Ok(()));
            } else {
                assert_eq!(places(&json), ["/value/templates/birthday/sms"], "{id:?}");
            }
        }
        assert_eq!(
            places(r#"{"templates": {"birthday": {"chat": ""}}}"#),
            ["/value/templates/birthday/chat"]
        );
    }

    #[test]
    fn what_is_absent_stays_absent_when_it_is_stored() {
        let json = r#"{"wording":{"birthday":{"zh":{"subject":"a","text":"b"}}},"templates":{"birthday":{"sms":"c"}}}"#;
        assert_eq!(serde_json::to_string(&read(json)).unwrap(), json);
        assert_eq!(read("{}"), MessageWording::default());
        for wrong in [
            r#"{"wording": {"nonsense": {}}}"#,
            r#"{"templates": {"birthday": {"mail": "x"}}}"#,
        ] {
            assert!(serde_json::from_str::<MessageWording>(wrong).is_err(), "{wrong}");
        }
    }
}
