//! Guests written by hand: a core module in the text format, made a component of the interface.

use std::path::Path;

const DESCRIBE_AND_EARN: &str = "package cardea:guest;
world guest {
    import cardea:industry/logging@0.1.0;
    export cardea:industry/describe@0.1.0;
    export cardea:industry/earning@0.1.0;
}";

/// What a guest does; everything not said is what a well-behaved one does.
pub struct Guest {
    world: String,
    imports: &'static str,
    /// Between the fields of the module: globals, functions, a start.
    fields: String,
    /// Body of `judge`; it returns the address of a result.
    judge: String,
    id: &'static str,
    config: &'static str,
    memory: &'static str,
}

/// Where the guest's `judge` finds an empty outcome: Ok, then three empty lists.
pub const EMPTY_OUTCOME: u32 = 2048;
/// Where it can write a result of its own, zeros at first; and much room behind it.
pub const OWN_OUTCOME: u32 = 4096;

const ADDRESS_OF_DESCRIPTION: u32 = 1024;
const ADDRESS_OF_STEP: u32 = 1280;

impl Guest {
    pub fn new() -> Self {
        Self {
            world: DESCRIBE_AND_EARN.to_owned(),
            imports: r#"(import "cardea:industry/logging@0.1.0" "log" (func $log (param i32 i32 i32)))"#,
            fields: String::new(),
            judge: format!("i32.const {EMPTY_OUTCOME}"),
            id: "guest",
            config: "{}",
            memory: "1",
        }
    }

    pub fn judge(mut self, body: impl Into<String>) -> Self {
        self.judge = body.into();
        self
    }

    pub fn fields(mut self, fields: impl Into<String>) -> Self {
        self.fields = fields.into();
        self
    }

    pub fn id(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    pub fn default_config(mut self, config: &'static str) -> Self {
        self.config = config;
        self
    }

    /// Pages at the start.
    pub fn memory(mut self, pages: &'static str) -> Self {
        self.memory = pages;
        self
    }

    /// Another world than the interface's, with the imports of the core module for it.
    pub fn world(mut self, world: &str, imports: &'static str) -> Self {
        self.world = world.to_owned();
        self.imports = imports;
        self
    }

    /// The core module.
    pub fn module(&self) -> Vec<u8> {
        let mut strings = Strings::default();
        let texts = [self.id, "1.0.0", "客", "guest", "{}", self.config, "{}", "一", "one"];
        let [id, version, zh, en, schema, config, line, step_zh, step_en] = texts.map(|t| strings.add(t));
        let ladder = [12, ADDRESS_OF_STEP, 1];
        let description: Vec<u32> = [id, version, zh, en, schema, config, line]
            .into_iter()
            .flatten()
            .chain(ladder)
            .collect();
        // A step: id, name, threshold and multiplier, the last two of eight bytes.
        let step: Vec<u32> = [step_en, step_zh, step_en]
            .into_iter()
            .flatten()
            .chain([0, 0, 1_000_000, 0])
            .collect();
        let text = format!(
            r#"(module
                {imports}
                (memory (export "memory") {memory})
                (data (i32.const 16) "{strings}")
                (data (i32.const {ADDRESS_OF_DESCRIPTION}) "{description}")
                (data (i32.const {ADDRESS_OF_STEP}) "{step}")
                {fields}
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8192)
                (func (export "cardea:industry/describe@0.1.0#describe") (result i32)
                    i32.const {ADDRESS_OF_DESCRIPTION})
                (func (export "cardea:industry/earning@0.1.0#judge")
                    (param i32 i32 i32 i32 i32 i32 i32 i64 i32 i32 i32 i32) (result i32)
                    {judge})
            )"#,
            imports = self.imports,
            memory = self.memory,
            strings = strings.text,
            description = words(&description),
            step = words(&step),
            fields = self.fields,
            judge = self.judge,
        );
        wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    /// The component.
    pub fn build(&self) -> Vec<u8> {
        let mut module = self.module();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/wit/0.1.0");
        cardea_pack::embed(&mut module, &wit, &self.world).expect("a world");
        cardea_pack::component(&module).expect("a component")
    }
}

/// `judge` writes words at `OWN_OUTCOME` and returns it. At 0: which case of the result, 0 is Ok; then address and length
/// of the reasons (4, 8), the contributions (12, 16) and the bonuses (20, 24).
pub fn writes(words: &[(u32, u32)]) -> String {
    let stores = words
        .iter()
        .map(|(at, value)| format!("(i32.store (i32.const {}) (i32.const {value}))", OWN_OUTCOME + at));
    stores.collect::<String>() + &format!("i32.const {OWN_OUTCOME}")
}

/// `judge` answers one contribution and one reason, which is well told.
pub fn proposes(line: u32, points: i64, reason: u32) -> String {
    const REASON: u32 = 16_384;
    const CONTRIBUTION: u32 = 20_480;
    let at = |address: u32| address - OWN_OUTCOME;
    let [low, high] = [points as u32, (points >> 32) as u32];
    let lists = [(4, REASON), (8, 1), (12, CONTRIBUTION), (16, 1)];
    // Rule, then the explanation in two languages: the first letter of the guest's id.
    let told = (0..3).flat_map(|n| [(at(REASON) + 8 * n, 16), (at(REASON) + 8 * n + 4, 1)]);
    let contribution = [(0, line), (8, low), (12, high), (16, reason)].map(|(n, word)| (at(CONTRIBUTION) + n, word));
    let words: Vec<(u32, u32)> = lists.into_iter().chain(told).chain(contribution).collect();
    writes(&words)
}

/// Little-endian words as a string of the text format.
fn words(words: &[u32]) -> String {
    words
        .iter()
        .flat_map(|w| w.to_le_bytes())
        .map(|byte| format!("\\{byte:02x}"))
        .collect()
}

/// Strings one after the other from address 16 on.
#[derive(Default)]
struct Strings {
    text: String,
    length: u32,
}

impl Strings {
    /// Address and length.
    fn add(&mut self, text: &str) -> [u32; 2] {
        let address = 16 + self.length;
        let length = u32::try_from(text.len()).expect("short");
        self.text.extend(text.bytes().map(|byte| format!("\\{byte:02x}")));
        self.length += length;
        [address, length]
    }
}
