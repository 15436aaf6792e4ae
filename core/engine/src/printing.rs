//! Printing: sheets become PDFs on blocking threads, a few at a time. The printer itself is the program's affair.

use crate::Engine;
use crate::error::Error;
use cardea_domain::card_stock::LabelSheet;
use cardea_domain::contract::print::Sheet;
use cardea_domain::{Code, Refusal, Text};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What sets sheets in type; called on blocking threads, from several at once.
pub trait Press: std::fmt::Debug + Send + Sync {
    /// # Errors
    /// Why the sheet can't be printed.
    fn pdf(&self, sheet: &Sheet) -> Result<Vec<u8>, PressError>;

    /// # Errors
    /// Why the labels can't be printed.
    fn labels(&self, sheet: &LabelSheet) -> Result<Vec<u8>, PressError>;
}

/// Why a sheet can't be printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// What there is too much of, in both languages.
    #[error("the sheet is too long: at most {most} {}", what.en)]
    TooLong { what: Text, most: usize },
    #[error("no font has {0:?}")]
    NoGlyph(Vec<char>),
    #[error("{0}")]
    Failed(String),
}

/// At the same time: each takes a core, and tills come first.
const SLOTS: usize = 1;
/// How long somebody waits for their turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// The printer and the queue before it.
#[derive(Clone)]
pub(crate) struct Printer {
    press: Option<Arc<dyn Press>>,
    slots: Arc<Semaphore>,
}

impl Printer {
    pub fn new(press: Option<Arc<dyn Press>>) -> Self {
        let slots = Arc::new(Semaphore::new(SLOTS));
        Self { press, slots }
    }
}

fn refusal(error: &PressError) -> Refusal {
    let (zh, en) = match error {
        PressError::TooLong { what, most } => (
            format!("内容太长：最多打印 {most} {}；请缩短，或用浏览器打印", what.zh),
            format!(
                "It is too long: at most {most} {} are printed; shorten it, or print it from the browser",
                what.en
            ),
        ),
        PressError::NoGlyph(characters) => {
            let told: Vec<String> = characters.iter().take(20).map(char::to_string).collect();
            let told = told.join(" ");
            (
                format!("字体里没有这些字：{told}；请用浏览器打印，或改用其他写法"),
                format!("No font has these characters: {told}; print it from the browser, or write them otherwise"),
            )
        }
        PressError::Failed(why) => {
            return Error::internal(format!("a sheet can't be printed: {why}")).into();
        }
    };
    Refusal::new(Code::Unprintable, zh, en)
}

impl Engine {
    /// # Errors
    /// `unprintable`, `busy`.
    pub(crate) async fn print(&self, sheet: Sheet) -> Result<Vec<u8>, Refusal> {
        self.press(move |press| press.pdf(&sheet)).await
    }

    /// # Errors
    /// `unprintable`, `busy`.
    pub(crate) async fn print_labels(&self, sheet: LabelSheet) -> Result<Vec<u8>, Refusal> {
        self.press(move |press| press.labels(&sheet)).await
    }

    async fn press<F>(&self, print: F) -> Result<Vec<u8>, Refusal>
    where
        F: FnOnce(&dyn Press) -> Result<Vec<u8>, PressError> + Send + 'static,
    {
        let Printer { press, slots } = self.services().printer.clone();
        let press = press.ok_or_else(|| Error::internal("the program was started without a printer"))?;
        let busy = || {
            Refusal::new(
                Code::Busy,
                "打印排队较长，请稍后重试",
                "Many prints are waiting; try again",
            )
        };
        let slot = tokio::time::timeout(PATIENCE, slots.acquire_owned()).await;
        let slot = slot.map_err(|_| busy())?.map_err(|_| busy())?;
        let printing = tokio::task::spawn_blocking(move || {
            let printed = print(press.as_ref());
            drop(slot);
            printed
        });
        let printed = printing.await.map_err(Error::internal)?;
        printed.map_err(|e| refusal(&e))
    }
}
