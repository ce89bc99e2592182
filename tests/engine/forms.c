// The user's forms for values of tests/fixtures/values: lines, children, elements, what is wrong with them; natvis.
#include <regex.h>
#include <stdio.h>

#include "engine/forms.h"
#include "shown.h"

static err_t regex_matches(void *context, struct str text, struct str regex, bool *out)
{
	char pattern[300], subject[4000];
	regex_t compiled;
	(void)context;
	snprintf(pattern, sizeof(pattern), "%.*s", STRF(regex));
	snprintf(subject, sizeof(subject), "%.*s", STRF(text));
	if (strstr(pattern, "(?:")) // natvis's groups, for POSIX
		memmove(strstr(pattern, "?:"), strstr(pattern, "?:") + 2, strlen(strstr(pattern, "?:") + 2) + 1);
	if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return err_new(ERR_SYNTAX, "regex `%s` is none", pattern);
	*out = regexec(&compiled, subject, 0, NULL, 0) == 0;
	regfree(&compiled);
	return NULL;
}

static struct dbg_form_set *forms_in(struct stopped *s, const char *text)
{
	stop_in(s, "values", "debug", "values::main");
	struct dbg_form_set *set = dbg_forms_new(regex_matches, NULL);
	dbg_forms_add(set, STR("stackful.values"), str_of(text));
	dbg_target_set_forms(s->d.target, dbg_forms_of(set));
	return set;
}

static void end(struct stopped *s, struct dbg_form_set *set)
{
	dbg_target_set_forms(s->d.target, NULL);
	dbg_forms_free(set);
	debuggee_end(&s->d);
}

static struct dbg_value value_named(const struct stopped *s, const char *name)
{
	for (size_t i = s->n; i-- > 0;)
		if (str_eqc(s->variables[i].name, name))
			return s->variables[i].value;
	cr_assert_fail("no variable %s", name);
	return (struct dbg_value){0};
}

static const char *shows(struct stopped *s, const char *name)
{
	return rendered(s, value_named(s, name)).ptr;
}

// "name=text, name=text".
static const char *children(struct stopped *s, const char *name)
{
	struct dbg_child *found;
	struct buf buf = buf_on(&s->d.arena);
	struct dbg_counts counts = dbg_value_child_counts(value_named(s, name));
	size_t n = dbg_value_children(&s->d.arena, value_named(s, name), DBG_CHILDREN_ALL, 0, 100, &found);
	cr_expect_eq(counts.named + counts.indexed, n);
	for (size_t i = 0; i < n; i++)
		buf_printf(&buf, "%s%.*s=%.*s", i ? ", " : "", STRF(found[i].name), STRF(rendered(s, found[i].value)));
	return buf_str(&buf).ptr;
}

Test(forms, lines_with_conditions)
{
	struct stopped s = {0};
	struct dbg_form_set *set = forms_in(&s, "# a comment\n"
	                                        "type ^values::Order$\n"
	                                        "	when id > 5\n"
	                                        "	show never\n"
	                                        "	when paid && name == \"tea\"\n"
	                                        "	show #{id,x} {name} {{paid}} {self.name.len()}\n"
	                                        "	show unpaid\n"
	                                        "type ^values::Shape$\n"
	                                        "	when self == Shape::Circle\n"
	                                        "	show circle of {radius}\r\n"
	                                        "type ^values::Colour$\n"
	                                        "	show colour {self as i32}\n");
	const struct str *complaints;
	cr_expect_eq(dbg_forms_complaints(set, &complaints), 0);
	cr_expect_eq(dbg_forms_len(set), 3);
	cr_expect_str_eq(shows(&s, "order"), "#0x1 \"tea\" {paid} 3");
	cr_expect_str_eq(shows(&s, "order_ref"), "#0x1 \"tea\" {paid} 3");
	cr_expect_str_eq(shows(&s, "tagged"), "circle of 1.5");
	cr_expect_str_eq(shows(&s, "c_like"), "colour 7");
	cr_expect_str_eq(children(&s, "order"), "id=1, name=\"tea\", paid=true");
	struct dbg_value raw = value_named(&s, "order");
	raw.raw = true;
	cr_expect_str_eq(rendered(&s, raw).ptr, "Order {id: 1, name: \"tea\", paid: true}");
	end(&s, set);
}

Test(forms, children_and_elements)
{
	struct stopped s = {0};
	struct dbg_form_set *set = forms_in(&s, "type ^values::Order$\n"
	                                        "	child id\n"
	                                        "	child price = id * 3 + 1\n"
	                                        "	child wrong = nothing\n"
	                                        "	elements name[0..2]\n"
	                                        "type ^alloc::collections::vec_deque::VecDeque<\n"
	                                        "	show a deque of {self.len()}\n");
	cr_expect_str_eq(children(&s, "order"), "id=1, price=4, wrong=<no field `nothing` in Order, which has id, name, paid>, "
	                                        "[raw]=Order {id: 1, name: \"tea\", paid: true}, [0]=116, [1]=101");
	cr_expect_str_eq(shows(&s, "order"), "Order {id: 1, name: \"tea\", paid: true}");
	cr_expect_str_eq(shows(&s, "deque"), "a deque of 3");
	cr_expect(str_ends(str_of(children(&s, "deque")), STR(", [0]=1, [1]=2, [2]=3")), "%s", children(&s, "deque"));
	end(&s, set);
}

// A form that shows its own value, or its type's parts, ends.
Test(forms, end_however_they_are_nested)
{
	struct stopped s = {0};
	struct dbg_form_set *set = forms_in(&s, "type ^values::Order$\n"
	                                        "	show <{self}>\n"
	                                        "type ^values::Node$\n"
	                                        "	show {value}-{next} {next} {next} {next} {next} {next} {next} {next} {next}\n"
	                                        "type ^values::Cyclic$\n"
	                                        "	show {name}>{next}{next}{next}{next}{next}{next}\n");
	cr_expect_str_eq(shows(&s, "order"), "<Order {id: 1, name: \"tea\", paid: true}>");
	cr_expect(str_starts(str_of(shows(&s, "list")), STR("1-Some(2-")), "%s", shows(&s, "list"));
	cr_expect(str_starts(str_of(shows(&s, "cyclic")), STR("\"")), "%s", shows(&s, "cyclic"));
	end(&s, set);
}

Test(forms, what_is_wrong_is_told_and_the_rest_holds)
{
	static const char *const wanted[] = {
	    "stackful.values:1: `show` before any `type REGEX`",
	    "stackful.values:3: regex `(` is none",
	    "stackful.values:5: expected type, when, show, child or elements, not `shows`",
	    "stackful.values:6: {id +}: expected an expression at column 5, where the expression ends",
	    "stackful.values:7: `{` is not closed: {id",
	    "stackful.values:8: `child` without anything behind it",
	    "stackful.values:9: expected `child NAME = EXPRESSION`",
	    "stackful.values:10: expected an expression at column 1",
	};
	struct stopped s = {0};
	struct dbg_form_set *set = forms_in(&s, "show x\nchild y\ntype (\ntype ^values::Order$\nshows x\nshow {id +}\nshow {id\n"
	                                        "child\nchild = 5\nelements )\ntype ^values::Shape$\nshow a shape");
	const struct str *complaints;
	size_t n = dbg_forms_complaints(set, &complaints);
	cr_assert_eq(n, ARRAY_LEN(wanted), "%zu", n);
	for (size_t i = 0; i < n; i++)
		cr_expect_str_eq(complaints[i].ptr, wanted[i]);
	cr_expect_str_eq(shows(&s, "tagged"), "a shape");
	end(&s, set);
}

Test(forms, natvis)
{
	struct stopped s = {0};
	struct dbg_form_set *set =
	    forms_in(&s, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	                 "<!-- <Type Name=\"values::Order\"> -->\n"
	                 "<AutoVisualizer xmlns=\"http://schemas.microsoft.com/vstudio/debugger/natvis/2010\">\n"
	                 "  <Type Name=\"values::Order\">\n"
	                 "    <DisplayString Condition=\"id &gt; 5 &amp;&amp; paid\">many</DisplayString>\n"
	                 "    <DisplayString Condition=\"id == 1\">{{one}} {name,su} {(id),x}</DisplayString>\n"
	                 "    <DisplayString>any</DisplayString>\n"
	                 "    <Expand><Item Name=\"[id]\">this_is_not_there-&gt;x,d</Item><Item Name=\"twice\">id * 2,d</Item>\n"
	                 "      <ArrayItems><Size>3</Size><ValuePointer>p</ValuePointer></ArrayItems></Expand>\n"
	                 "  </Type>\n"
	                 "  <Type Name='values::Nothing'><AlternativeType Name=\"values::Gener*&lt;*&gt;\"/>\n"
	                 "    <DisplayString>{missing} x</DisplayString>\n"
	                 "    <DisplayString>(inner={inner})</DisplayString></Type>\n"
	                 "  <Type Name=\"values::Parts\"><Expand>\n"
	                 "      <ArrayItems><Size>len</Size><ValuePointer>start</ValuePointer></ArrayItems></Expand></Type>\n"
	                 "  <Type Name=\"values::Shape\"><DisplayString>{(int*)radius}</DisplayString></Type>\n"
	                 "</AutoVisualizer>\n");
	const struct str *complaints;
	size_t n = dbg_forms_complaints(set, &complaints);
	cr_expect_eq(n, 1, "%zu", n);
	cr_expect(n && str_starts(complaints[0], STR("stackful.values:16: left out: ")), "%s", complaints[0].ptr);
	cr_expect_str_eq(shows(&s, "order"), "{one} \"tea\" 0x1");
	cr_expect(str_find(str_of(children(&s, "order")), STR("twice=2, [raw]=")) > 0);
	cr_expect(str_ends(str_of(children(&s, "parts")), STR(", [0]=115, [1]=101")), "%s", children(&s, "parts"));
	cr_expect(str_starts(str_of(shows(&s, "generic")), STR("(inner=")), "%s", shows(&s, "generic"));
	cr_expect_str_eq(shows(&s, "tagged"), "Circle {radius: 1.5}");
	end(&s, set);
}
