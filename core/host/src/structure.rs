//! A look at the outline of a component before anything is compiled. A compiler's time and memory grow faster than what
//! it reads: two megabytes can keep it busy for hours. What follows is several times what rules need that people write.

use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

/// Sections are walked only this deep: a plugin has no reason to nest components.
const DEPTH: usize = 4;
const MODULES: u64 = 16;
const COMPONENTS: u64 = 64;
const FUNCTIONS: u64 = 20_000;
const FUNCTION_BYTES: u64 = 256 << 10;
/// Of one function, its parameters left out.
const LOCALS: u64 = 2_000;
/// Blocks, loops and conditions inside each other.
const NESTING: u64 = 1_000;
/// Targets of all branch tables of one function.
const TARGETS: u64 = 20_000;
/// What one function, one block or one tag takes and gives.
const VALUES: usize = 64;
/// Σ over the functions: blocks × locals. A compiler asks for each local what it is in each block.
const EFFORT: u64 = 50_000_000;
/// Of each of the following kinds, in all modules and components together.
const ITEMS: u64 = 10_000;
const TABLES: u64 = 16;
const MEMORIES: u64 = 16;
const INSTANCES: u64 = 500;

/// # Errors
/// What there is too much of, in words for the operator and the vendor.
pub(super) fn check(bytes: &[u8], component_bytes: usize) -> Result<(), String> {
    if bytes.len() > component_bytes {
        return Err(format!("{} bytes, at most {component_bytes} are allowed", bytes.len()));
    }
    if Parser::is_core_wasm(bytes) {
        return Err("a core module, not a component: run cardea-pack over it".to_owned());
    }
    if !Parser::is_component(bytes) {
        return Err("not a WebAssembly component".to_owned());
    }
    let whole = |end: usize| match end <= bytes.len() {
        true => Ok(()),
        false => Err("it is damaged: it ends too early".to_owned()),
    };
    let mut outline = Outline::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::ModuleSection { unchecked_range, .. } => {
                whole(unchecked_range.end)?;
                depth += 1;
                at_most("core modules", &mut outline.modules, 1_u64, MODULES)?;
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                whole(unchecked_range.end)?;
                depth += 1;
                at_most("components", &mut outline.components, 1_u64, COMPONENTS)?;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            payload => outline.section(&payload)?,
        }
        if depth >= DEPTH {
            return Err(format!("components are nested more than {DEPTH} deep"));
        }
    }
    Ok(())
}

fn damaged(error: wasmparser::BinaryReaderError) -> String {
    format!("it is damaged: {error}")
}

fn at_most(what: &str, counter: &mut u64, more: impl Into<u64>, limit: u64) -> Result<(), String> {
    *counter = counter.saturating_add(more.into());
    if *counter > limit {
        return Err(format!("more than {limit} {what}"));
    }
    Ok(())
}

/// What has been met so far.
#[derive(Default)]
struct Outline {
    modules: u64,
    components: u64,
    functions: u64,
    effort: u64,
    types: u64,
    imports: u64,
    exports: u64,
    globals: u64,
    elements: u64,
    data: u64,
    aliases: u64,
    tables: u64,
    memories: u64,
    instances: u64,
    canonicals: u64,
}

impl Outline {
    fn section(&mut self, payload: &Payload) -> Result<(), String> {
        match payload {
            Payload::TypeSection(types) => {
                at_most("types", &mut self.types, types.count(), ITEMS)?;
                for group in types.clone() {
                    group.map_err(damaged)?.into_types().try_for_each(|ty| values(&ty))?;
                }
                Ok(())
            }
            Payload::ImportSection(section) => {
                at_most("imports", &mut self.imports, section.count(), ITEMS)?;
                self.imported(section.clone())
            }
            Payload::FunctionSection(section) => at_most("functions", &mut self.functions, section.count(), FUNCTIONS),
            Payload::TableSection(section) => at_most("tables", &mut self.tables, section.count(), TABLES),
            Payload::MemorySection(section) => at_most("memories", &mut self.memories, section.count(), MEMORIES),
            Payload::GlobalSection(section) => at_most("globals", &mut self.globals, section.count(), ITEMS),
            Payload::ExportSection(section) => at_most("exports", &mut self.exports, section.count(), ITEMS),
            Payload::ElementSection(section) => at_most("element segments", &mut self.elements, section.count(), ITEMS),
            Payload::DataSection(section) => at_most("data segments", &mut self.data, section.count(), ITEMS),
            Payload::CodeSectionStart { count, .. } if u64::from(*count) > self.functions => {
                Err("it is damaged: more bodies than functions".to_owned())
            }
            Payload::CodeSectionEntry(body) => self.function(body),
            Payload::InstanceSection(section) => at_most("instances", &mut self.instances, section.count(), INSTANCES),
            Payload::ComponentInstanceSection(section) => {
                at_most("instances", &mut self.instances, section.count(), INSTANCES)
            }
            Payload::ComponentAliasSection(section) => at_most("aliases", &mut self.aliases, section.count(), ITEMS),
            Payload::CoreTypeSection(section) => at_most("types", &mut self.types, section.count(), ITEMS),
            Payload::ComponentTypeSection(section) => at_most("types", &mut self.types, section.count(), ITEMS),
            Payload::ComponentCanonicalSection(section) => {
                at_most("canonical functions", &mut self.canonicals, section.count(), ITEMS)
            }
            Payload::ComponentImportSection(section) => at_most("imports", &mut self.imports, section.count(), ITEMS),
            Payload::ComponentExportSection(section) => at_most("exports", &mut self.exports, section.count(), ITEMS),
            Payload::ComponentStartSection { .. } => Err("a component with a start function".to_owned()),
            _ => Ok(()),
        }
    }

    fn imported(&mut self, section: wasmparser::ImportSectionReader) -> Result<(), String> {
        for import in section.into_imports() {
            match import.map_err(damaged)?.ty {
                TypeRef::Table(_) => at_most("tables", &mut self.tables, 1_u64, TABLES)?,
                TypeRef::Memory(_) => at_most("memories", &mut self.memories, 1_u64, MEMORIES)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn function(&mut self, body: &FunctionBody) -> Result<(), String> {
        let size = body.range().len() as u64;
        if size > FUNCTION_BYTES {
            return Err(format!(
                "a function of {size} bytes, at most {FUNCTION_BYTES} are allowed"
            ));
        }
        let mut locals = 0;
        for group in body.get_locals_reader().map_err(damaged)? {
            let (count, _) = group.map_err(damaged)?;
            at_most("locals in one function", &mut locals, count, LOCALS)?;
        }
        let (mut blocks, mut depth, mut targets) = (1, 0_u64, 0);
        for operator in body.get_operators_reader().map_err(damaged)? {
            match operator.map_err(damaged)? {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    blocks += 1;
                    at_most("blocks inside each other", &mut depth, 1_u64, NESTING)?;
                }
                Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } => blocks += 1,
                Operator::BrTable { targets: table } => {
                    at_most("branch targets in one function", &mut targets, table.len(), TARGETS)?;
                    blocks += 1;
                }
                Operator::End => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let effort = blocks * (locals + 1);
        at_most(
            "blocks times locals, in all functions",
            &mut self.effort,
            effort,
            EFFORT,
        )
    }
}

/// Functions, and blocks with a type of their own, take and give few values.
fn values(ty: &wasmparser::SubType) -> Result<(), String> {
    match &ty.composite_type.inner {
        wasmparser::CompositeInnerType::Func(ty) if ty.params().len().max(ty.results().len()) > VALUES => {
            Err(format!("a function that takes or gives more than {VALUES} values"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREAMBLE_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const PREAMBLE_MODULE: &[u8] = b"\0asm\x01\0\0\0";

    fn number(mut n: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while n > 0x7f {
            bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        bytes.push(n as u8);
        bytes
    }

    fn section(id: u8, content: &[u8]) -> Vec<u8> {
        [&[id], number(content.len()).as_slice(), content].concat()
    }

    fn component(content: &[u8]) -> Vec<u8> {
        [PREAMBLE_COMPONENT, content].concat()
    }

    /// A component of one module of these sections.
    fn module(sections: &[Vec<u8>]) -> Vec<u8> {
        component(&section(1, &[PREAMBLE_MODULE, &sections.concat()].concat()))
    }

    /// The same with a function of this body, without its locals' end.
    fn function(body: &[u8]) -> Vec<u8> {
        let (ty, declared) = (section(1, &[1, 0x60, 0, 0]), section(3, &[1, 0]));
        let code = [&[1], number(body.len()).as_slice(), body].concat();
        module(&[ty, declared, section(10, &code)])
    }

    fn refused(bytes: &[u8]) -> String {
        check(bytes, 1 << 20).expect_err("refused")
    }

    #[test]
    fn what_is_no_component_is_refused() {
        assert_eq!(check(&function(&[0, 0x0b]), 1000), Ok(()));
        let too_large = check(&[0; 1001], 1000).expect_err("refused");
        assert_eq!(too_large, "1001 bytes, at most 1000 are allowed");
        assert_eq!(refused(b"#!/bin/sh"), "not a WebAssembly component");
        assert!(refused(PREAMBLE_MODULE).contains("run cardea-pack"));
        let whole = function(&[0, 0x0b]);
        for cut in 9..whole.len() {
            assert!(check(&whole[..cut], 1000).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn there_may_be_only_so_much_of_everything() {
        let declared = section(3, &[number(20_001), vec![0; 20_001]].concat());
        assert_eq!(refused(&module(&[declared])), "more than 20000 functions");
        let empty = section(1, PREAMBLE_MODULE);
        assert_eq!(refused(&component(&empty.repeat(17))), "more than 16 core modules");
        let memories = section(5, &[number(17), [0, 1].repeat(17)].concat());
        assert_eq!(refused(&module(&[memories])), "more than 16 memories");
        let params = [vec![1, 0x60], number(65), vec![0x7f; 65], vec![0]].concat();
        assert!(refused(&module(&[section(1, &params)])).contains("more than 64 values"));
        let mut nested = component(&[]);
        for _ in 0..6 {
            nested = component(&section(4, &nested));
        }
        assert_eq!(refused(&nested), "components are nested more than 4 deep");
    }

    #[test]
    fn a_function_that_would_keep_a_compiler_busy_is_refused() {
        let locals = |count: usize| [vec![1], number(count), vec![0x7f]].concat();
        let large = function(&[vec![0], vec![0x01; 256 << 10], vec![0x0b]].concat());
        assert_eq!(
            refused(&large),
            "a function of 262146 bytes, at most 262144 are allowed"
        );
        let many = function(&[locals(2_001), vec![0x0b]].concat());
        assert_eq!(refused(&many), "more than 2000 locals in one function");
        let deep = [vec![0], [0x02, 0x40].repeat(1_001), vec![0x0b; 1_002]].concat();
        assert_eq!(refused(&function(&deep)), "more than 1000 blocks inside each other");
        let loops = [locals(2_000), [0x03, 0x40, 0x0b].repeat(25_000), vec![0x0b]].concat();
        assert!(refused(&function(&loops)).contains("blocks times locals"));
        let table = [vec![0, 0x41, 0, 0x0e], number(20_001), vec![0; 20_002], vec![0x0b]].concat();
        assert_eq!(
            refused(&function(&table)),
            "more than 20000 branch targets in one function"
        );
    }
}
