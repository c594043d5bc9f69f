//! What one file says, as far as the law cares: the paths it names, what its `use` lines bring in,
//! its functions, and which of its lines are only for tests.

use std::collections::{HashMap, HashSet};

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::source::{Modules, Source};
use super::tokens;

/// A path as written, and where.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// The module it is written in.
    pub(crate) scope: Modules,
    /// Its segments.
    pub(crate) segments: Vec<String>,
    /// Whether it began with `::`.
    pub(crate) rooted: bool,
    /// Its line.
    pub(crate) line: usize,
    /// Whether only tests see it.
    pub(crate) in_test: bool,
}

/// A function's name, place and length.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// What one file says.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Every path of two or more segments, and every leaf of a `use` tree.
    pub(crate) named: Vec<Named>,
    /// What names of each module stand for because of a `use`.
    pub(crate) aliases: HashMap<(Modules, String), Named>,
    /// Modules declared, inline or as files.
    pub(crate) modules: HashSet<Modules>,
    /// Modules declared for tests only.
    pub(crate) test_modules: HashSet<Modules>,
    /// Glob imports.
    pub(crate) globs: Vec<Named>,
    /// Lines with `pub use`.
    pub(crate) facades: Vec<usize>,
    /// Macros called outside tests, by name.
    pub(crate) macros: Vec<(String, usize)>,
    /// Functions outside tests.
    pub(crate) functions: Vec<Function>,
    /// Items outside tests that are not modules.
    pub(crate) contents: Vec<usize>,
    /// Lines that move code where the guard cannot follow: `#[path]`, `include!`.
    pub(crate) detours: Vec<usize>,
    /// How many lines are for tests only.
    pub(crate) test_lines: usize,
}

/// Reads a file.
pub(crate) fn read(source: &Source) -> Result<Reading, syn::Error> {
    let file = syn::parse_file(&source.text)?;
    let mut reader = Reader { reading: Reading::default(), scope: source.module(), tests: 0 };
    reader.reading.modules.insert(source.module());
    if is_for_tests(&file.attrs) {
        reader.tests = 1;
        reader.reading.test_lines = source.text.lines().count();
    }
    reader.visit_file(&file);
    Ok(reader.reading)
}

struct Reader {
    reading: Reading,
    scope: Modules,
    /// How many of the items around us are for tests only.
    tests: usize,
}

impl Reader {
    fn named(&self, segments: Vec<String>, rooted: bool, line: usize) -> Named {
        Named { scope: self.scope.clone(), segments, rooted, line, in_test: self.tests > 0 }
    }

    fn tokens(&mut self, tokens: &proc_macro2::TokenStream) {
        for found in tokens::paths(tokens.clone()) {
            let line = found.span.start().line;
            self.reading.named.push(self.named(found.segments, found.rooted, line));
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, prefix: &[String], rooted: bool) {
        let mut path = prefix.to_vec();
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(part) => {
                path.push(name(&part.ident));
                self.tree(&part.tree, &path, rooted);
            }
            syn::UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.tree(item, prefix, rooted));
            }
            syn::UseTree::Glob(_) => {
                let named = self.named(path, rooted, line);
                self.reading.globs.push(named.clone());
                self.reading.named.push(named);
            }
            syn::UseTree::Name(leaf) => self.leaf(path, &name(&leaf.ident), None, rooted, line),
            syn::UseTree::Rename(leaf) => {
                let alias = Some(name(&leaf.rename));
                self.leaf(path, &name(&leaf.ident), alias, rooted, line);
            }
        }
    }

    fn leaf(
        &mut self,
        mut path: Vec<String>,
        leaf: &str,
        alias: Option<String>,
        rooted: bool,
        line: usize,
    ) {
        if leaf != "self" || path.is_empty() {
            path.push(leaf.to_owned());
        }
        let alias = alias.or_else(|| path.last().cloned()).unwrap_or_default();
        let named = self.named(path, rooted, line);
        self.reading.aliases.insert((self.scope.clone(), alias), named.clone());
        self.reading.named.push(named);
    }

    fn function(&mut self, signature: &syn::Signature, end: proc_macro2::Span) {
        if self.tests == 0 {
            let line = signature.fn_token.span.start().line;
            let lines = end.end().line + 1 - line;
            self.reading.functions.push(Function { name: name(&signature.ident), line, lines });
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let tests = is_for_tests(attributes(item));
        if tests && self.tests == 0 {
            let span = item.span();
            self.reading.test_lines += span.end().line + 1 - span.start().line;
        }
        self.tests += usize::from(tests);
        if self.tests == 0 && !matches!(item, syn::Item::Mod(_)) {
            self.reading.contents.push(item.span().start().line);
        }
        visit::visit_item(self, item);
        self.tests -= usize::from(tests);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let tests = match item {
            syn::ImplItem::Fn(function) => is_for_tests(&function.attrs),
            syn::ImplItem::Const(constant) => is_for_tests(&constant.attrs),
            _ => false,
        };
        self.tests += usize::from(tests);
        visit::visit_impl_item(self, item);
        self.tests -= usize::from(tests);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.scope.push(name(&module.ident));
        self.reading.modules.insert(self.scope.clone());
        if self.tests > 0 {
            self.reading.test_modules.insert(self.scope.clone());
        }
        visit::visit_item_mod(self, module);
        self.scope.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !matches!(item.vis, syn::Visibility::Inherited) {
            self.reading.facades.push(item.span().start().line);
        }
        self.tree(&item.tree, &[], item.leading_colon.is_some());
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        // `extern crate self as me` is another name for the root.
        let own = item.ident == "self";
        let krate = if own { "crate".to_owned() } else { name(&item.ident) };
        let alias = item.rename.as_ref().map(|(_, rename)| name(rename));
        self.leaf(Vec::new(), &krate, alias, !own, item.span().start().line);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|segment| name(&segment.ident)).collect();
            let line = path.span().start().line;
            let rooted = path.leading_colon.is_some();
            self.reading.named.push(self.named(segments, rooted, line));
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_path(&mut self, expr: &'ast syn::ExprPath) {
        // `<Utc>::now`: the type stands before the path.
        if let Some(syn::QSelf { ty, position: 0, .. }) = &expr.qself
            && let syn::Type::Path(ty) = &**ty
        {
            let parts = ty.path.segments.iter().chain(&expr.path.segments);
            let segments = parts.map(|segment| name(&segment.ident)).collect();
            let line = ty.span().start().line;
            self.reading.named.push(self.named(segments, ty.path.leading_colon.is_some(), line));
        }
        visit::visit_expr_path(self, expr);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if attribute.path().is_ident("path") {
            self.reading.detours.push(attribute.span().start().line);
        }
        match &attribute.meta {
            syn::Meta::List(list) => self.tokens(&list.tokens),
            syn::Meta::Path(_) | syn::Meta::NameValue(_) => {}
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let Some(last) = mac.path.segments.last() {
            let line = last.ident.span().start().line;
            if last.ident == "include" {
                self.reading.detours.push(line);
            }
            if self.tests == 0 {
                self.reading.macros.push((name(&last.ident), line));
            }
        }
        self.tokens(&mac.tokens);
        visit::visit_macro(self, mac);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, function.block.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, function.block.span());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.function(&function.sig, block.span());
        }
        visit::visit_trait_item_fn(self, function);
    }
}

/// Whether `attributes` say that only tests see the item: `#[cfg(test)]`, alone or among
/// `all(…)`, or a test attribute of any harness.
pub(crate) fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            return attribute.parse_args::<syn::Meta>().is_ok_and(|meta| needs_test(&meta));
        }
        path.segments.last().is_some_and(|last| last.ident == "test")
    })
}

fn needs_test(condition: &syn::Meta) -> bool {
    use syn::punctuated::Punctuated;
    let inner = |list: &syn::MetaList| {
        list.parse_args_with(Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated)
            .unwrap_or_default()
    };
    match condition {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(needs_test),
        syn::Meta::List(list) if list.path.is_ident("any") => {
            let inner = inner(list);
            !inner.is_empty() && inner.iter().all(needs_test)
        }
        syn::Meta::List(_) | syn::Meta::NameValue(_) => false,
    }
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::ExternCrate(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::ForeignMod(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::TraitAlias(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Union(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name(ident: &syn::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}
