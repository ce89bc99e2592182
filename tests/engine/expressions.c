// Expressions over the locals of tests/fixtures/values: what each gives, or how it is refused.
#include "engine/eval.h"
#include "shown.h"

Test(expressions, of_every_kind)
{
	static const char *const rows[][2] = {
	    {"order.id + 1", "2"},
	    {"order_ref.name == \"tea\"", "true"},
	    {"boxed_order.paid", "true"},
	    {"arc.0", "6"},
	    {"*boxed + 1", "6"},
	    {"*reference_twice == u32_", "true"},
	    {"rc", "5 (strong 2, weak 1)"},
	    {"*rc", "5"},
	    {"tuple.1", "\"a\""},
	    {"tagged.radius * 2", "3.0"},
	    {"tagged_tuple.1", "4"},
	    {"some.0", "5"},
	    // What was moved or dropped says so in each use, as it does by itself.
	    {"moved.len()", "column 7: moved or dropped: its memory was freed"},
	    {"moved[0] == 7 || true", "moved or dropped: its memory was freed"},
	    {"moved.iter().any(|x| *x == 7)", "column 7: moved or dropped: its memory was freed"},
	    {"moved == vec", "moved or dropped: its memory was freed"},
	    {"moved_too[1..2]", "moved or dropped: its memory was freed"},
	    {"(moved, 1).0.len()", "column 14: moved or dropped: its memory was freed"},
	    {"moved.buf", "moved or dropped: its memory was freed"},
	    // try_lock(): looks, takes nothing.
	    {"mutex.try_lock().unwrap() == 5", "true"},
	    {"mutex.try_lock().is_ok() && mutex_locked.try_lock().is_err()", "true"},
	    {"mutex_locked.try_lock()", "column 14: `try_lock()`: it is locked"},
	    {"rw_lock_read.try_read().is_ok() && rw_lock_read.try_write().is_err()", "true"},
	    {"rw_lock_write.try_read()", "column 15: `try_read()`: it is write-locked"},
	    {"mutex_poisoned.try_lock().is_ok()", "true"},
	    {"ref_cell_borrowed.try_borrow().is_ok() && ref_cell_borrowed.try_borrow_mut().is_err()", "true"},
	    {"*arc_mutex.try_lock().unwrap() == [1]", "true"},
	    {"c_str == c\"c\"", "true"},
	    // Types are told as the Variables view tells them.
	    {"*vec_strings", "`*` is not for Vec<String>, which is no pointer"},
	    {"tuple.len()", "column 7: (i32, &str, f64) has no elements"},
	    {"vec_strings + 1", "column 13: `+` is not for Vec<String>"},
	    {"some.unwrap() == 5", "true"},
	    {"none.is_none() && ok.is_ok() && err.is_err()", "true"},
	    {"some.is_none()", "false"},
	    {"c_like == Colour::Green", "true"},
	    {"none == None", "true"},
	    {"tagged != Shape::Empty", "true"},
	    {"vec[1] as char", "'e'"},
	    {"vec.len()", "3"},
	    {"vec[1..]", "[101, 99]"},
	    {"huge[9_999_999]", "7"},
	    {"array[..=1]", "[1, 2]"},
	    {"array == [1, 2, 3] && vec != [115] && array == [1, ..]", "true"},
	    {"some == Some(5)", "true"},
	    {"some == Some(6) || none == Some(1)", "false"},
	    {"tuple == (1, \"a\", 2.5)", "true"},
	    {"order == Order { id: 1, name: \"tea\", .. }", "true"},
	    {"order == Order { id: 2 }", "false"},
	    {"wrapper == Wrapper(5) && pair == Pair(1, \"one\")", "true"},
	    {"tagged == Shape::Circle { radius: 1.5 }", "true"},
	    {"tagged_tuple == Shape::Rect(3, 4)", "true"},
	    {"list == Node { value: 1, next: Some(Node { value: 2, next: None }) }", "true"},
	    {"matches!(some, Some(1..=9))", "true"},
	    {"matches!(some, Some(n) if n > 5)", "false"},
	    {"matches!(tagged, Shape::Empty | Shape::Circle { .. })", "true"},
	    {"matches!(tagged_tuple, Shape::Rect(w, h) if w + h == 7) as u8", "1"},
	    {"matches!(c_like, Colour::Red | Colour::Blue)", "false"},
	    {"matches!(u32_, 0..100 | 4_000_000_000)", "true"},
	    {"matches!(array, [_, 2, ..])", "true"},
	    {"!matches!(string, \"x\")", "true"},
	    {"Some(5)", "Some(5)"},
	    {"Some(5) == some && Some(3) != Some(4)", "true"},
	    {"some < Some(6) && some > None && None < some && some >= Some(5)", "true"},
	    {"none == Option::<i32>::None && ok == Ok::<u32, String>(1)", "true"},
	    {"c_like < Colour::Blue && c_like == values::Colour::Green && c_like < c_like_next", "true"},
	    {"c_like == Colour::Grean", "column 11: `Colour` has no variant `Grean`: it has Red, Green, Blue"},
	    {"tagged == Shape::Nope", "column 11: `Shape` has no variant `Nope`: it has Empty, Circle, Rect"},
	    {"tagged == Shape::Circle && tagged < tagged_tuple && tagged_unit < Shape::Rect(0, 0)", "true"},
	    {"Colour::Green as u8", "7"},
	    {"keyed.get(&Keyed::A) == Some(&\"a\") && keyed.get(&Keyed::B(9)) == None", "true"},
	    {"keyed == keyed && set == set && map == map && pairs == pairs && tree_set == tree_set", "true"},
	    {"order == boxed_order && order == order_ref && !(order != order)", "true"},
	    {"tuple < (1, \"b\", 0.0) && array < [1, 3] && array >= [1, 2] && tuple >= tuple", "true"},
	    {"niche_text == Niche::Text(String::from(\"in\")) && niche_text != niche_flag", "true"},
	    {"f_nan == f_nan || !(f_nan != f_nan)", "false"},
	    {"set == map", NULL},
	    {"map < map", NULL},
	    {"order == 5", NULL},
	    {"vec.get(9).is_none() && vec.get(1).is_some() && map.get(\"two\") == None", "true"},
	    {"vec.get(1) == Some(&101) && vec.first() != Some(&1)", "true"},
	    {"vec.get(9).unwrap()", "column 5: index 9 is out of bounds: the length is 3"},
	    {"vec.get(9).unwrap_or(7) + vec.get(1).unwrap_or(7) + some.unwrap_or(1) as u8 + none.unwrap_or(1) as u8", "114"},
	    {"once.get().is_some() && once_not.get().is_none()", "true"},
	    {"err.as_ref().err() == Some(\"bad\") && ok.ok() == Some(1) && ok.err().is_none()", "true"},
	    {"weak.upgrade().unwrap() + Rc::strong_count(&rc) as i32 * 10 + rc.weak_count() as i32 * 100", "125"},
	    {"mutex_poisoned.is_poisoned() && !mutex.is_poisoned() && !rw_lock.is_poisoned()", "true"},
	    {"*guard + *borrow", "12"},
	    {"*arcs[0].unwrap().lock().unwrap()", "1"},
	    {"*arc_mutex.lock().unwrap() == [1] && *ref_cell.borrow() == 5 && (*mutex.lock().unwrap()).abs() == 5", "true"},
	    {"\"abc\"", "\"abc\""},
	    {"\"abc\".len() + b\"xy\".len() + [1, 2].len()", "7"},
	    {"(1, 'a')", "(1, 'a')"},
	    {"(1, 'a').1", "'a'"},
	    {"()", "()"},
	    {"[0u8; 3]", "[0, 0, 0]"},
	    {"[1, \"a\"]", NULL},
	    {"(1..5).contains(&3) && [1, 2].contains(&array[1]) && 0..vec.len() == 0..3usize", NULL},
	    {"1..=u8_", "1..=255"},
	    {"5_u32.pow(2) + 7u32.min(3) + i32::MAX.count_ones()", "59"},
	    {"u8_.wrapping_add(2) + u8_.saturating_sub(250)", "6"},
	    {"u8_.checked_add(1).is_none() && u8_.checked_sub(5) == Some(250)", "true"},
	    {"i8_.saturating_sub(1) == i8::MIN && i8_.saturating_mul(-3) == i8::MAX && i8_.wrapping_sub(1) == i8::MAX", "true"},
	    {"(-3i32).pow(3) + (-1i64).pow(4_000_000_001) as i32 + 2i32.pow(10)", "996"},
	    {"2u8.pow(8)", "column 5: `pow` overflows u8"},
	    {"u64::MAX.leading_zeros() + 8u8.trailing_zeros() + 0u16.leading_zeros()", "19"},
	    {"5u8.abs_diff(9) + i8_.abs_diff(0) as u8", "132"},
	    {"f64_.sqrt() + 2.5_f64.floor() + 2.0_f64.powi(3)", "11.0"},
	    {"array.iter().sum() + array.iter().max().unwrap() * 10 + array.iter().min().unwrap() * 100", "136"},
	    {"vec_empty.iter().max().is_none()", "true"},
	    {"string.trim() == \"owned\" && string.find(\"n\") == Some(2) && string.find(\"x\").is_none()", "true"},
	    {"str_.chars().count() + str_.len()", "25"},
	    {"string[1..3]", "\"wn\""},
	    {"&string[..2] == \"ow\" && string.as_bytes()[0] == b'o'", "true"},
	    {"str_[0..11]", "byte 11 of the text is inside of a character"},
	    {"string.to_ascii_uppercase() == \"OWNED\" && string.eq_ignore_ascii_case(\"Owned\")", "true"},
	    {"duration == Duration::from_millis(1500) && duration > Duration::from_secs(1)", "true"},
	    {"vec.iter().any(|x| *x == 101) && !vec.iter().all(|&x| x > 100)", "true"},
	    {"vec_strings.iter().position(|s| s == \"b\") == Some(1)", "true"},
	    {"vec_strings.iter().find(|s| s.starts_with(\"z\")).is_none()", "true"},
	    {"tree.iter().find(|(k, v)| *k == 2).unwrap().1", "\"two\""},
	    {"array.iter().filter(|x| **x > 1).map(|x| x * 2).rev()", "[6, 4]"},
	    {"map_large.values().max().unwrap() + map_large.keys().min().unwrap()", "998001"},
	    {"some.is_some_and(|x| x > 3) && !none.is_some_and(|x| x > 3) && some.map(|x| x + 1) == Some(6)", "true"},
	    {"array.iter().enumerate().skip(1).take(1)", "[(1, 2)]"},
	    {"huge.iter().any(|x| *x == 8)", "column 13: `any`: more than 50000 items are not looked at"},
	    {"map_large.iter().all(|(k, v)| *v == k * k) && map_large.iter().filter(|(k, _)| *k < 3).count() == 3", "true"},
	    {"map_large.iter().all(|a| map_large.iter().all(|b| a.0 < 5000))",
	     "column 18: column 43: closures inside of closures: more than 50000 steps are not made"},
	    {"array.iter().fold(|x| x)", NULL},
	    {"size_of::<Order>() + std::mem::size_of::<u64>()", "48"},
	    {"string.capacity() >= string.len() && range.start() == 1 && range_inclusive.end() == 5", "true"},
	    {"u64::MAX as u128 + 1", "18446744073709551616"},
	    {"f32::MAX > 1e38 && f64::NAN != f64::NAN && char::MAX as u32 == 0x10ffff && u16::BITS == 16", "true"},
	    {"crate::COUNTER", "41"},
	    {"array == [1, nothing]", NULL},
	    {"order == Order { idd: 1 }", "column 10: no field `idd` in Order, which has id, name, paid"},
	    {"vec.get(1)", "101"},
	    {"map.get(\"one\")", "1"},
	    {"vec.get(9)", "column 5: index 9 is out of bounds: the length is 3"},
	    {"vec.first() as u32 + vec.last() as u32", "214"},
	    {"vec.iter().count()", "3"},
	    {"vec.contains(&101) && !vec.contains(1u8)", "true"},
	    {"vec_strings.contains(\"b\")", "true"},
	    {"string.starts_with(\"ow\") && string.contains(\"ne\") && !string.ends_with(\"x\")", "true"},
	    {"map.contains_key(\"one\") && !tree.contains_key(5)", "true"},
	    {"set.contains(4) && !set.contains(5)", "true"},
	    {"map.contains(1)", "column 5: `contains` of a map: write contains_key()"},
	    {"vec.starts_with(\"s\")", NULL},
	    {"atomic_i32.load(Ordering::Relaxed) < 0", "true"},
	    {"arc_mutex.lock().unwrap().len() + vec.first().unwrap() as usize", "116"},
	    {"arc_mutex.lock().len()", "1"},
	    {"ref_cell.borrow() + 1", "6"},
	    {"some.expect(\"there\")", "5"},
	    {"map_other[&300] == \"a\" && map_other.get(&5) == Some(\"b\") && map_other.get(&6).is_none()", "true"},
	    {"parts.start[0..parts.len]", "[115, 101]"},
	    {"null[0..1]", "null pointer"},
	    {"parts.start[2..1]", "range 2..1 is out of bounds"},
	    {"vec.push(1)", NULL},
	    {"vec.len(1)", "column 5: `len` takes 0 arguments, not 1"},
	    {"array_2d[1][0]", "3"},
	    {"vec_strings[1]", "\"b\""},
	    {"string.len() + str_.len()", "19"},
	    {"map[\"one\"]", "1"},
	    {"map_large[31]", "961"},
	    {"receiver.len()", "63"},
	    {"receiver[25] + receiver[26]", "61"},
	    {"receiver.last()", "67"},
	    {"map_large[999] + map_large[&0]", "998001"},
	    {"map_large[1000]", "no such key in the map"},
	    {"map_large[-1]", "no such key in the map"},
	    {"map_large.contains_key(500) && !map_large.contains_key(5000)", "true"},
	    {"tree[2]", "\"two\""},
	    {"keyed[Keyed::B(2)] == \"b\" && keyed.get(&Keyed::A).unwrap() == \"a\"", "true"},
	    {"keyed.contains_key(&Keyed::B(3))", "false"},
	    {"keyed[&Keyed::B(3)]", "no such key in the map"},
	    {"pairs.contains(&(1, 'a')) && !pairs.contains(&(1, 'b'))", "true"},
	    {"heap.peek().unwrap() + 1", "4"},
	    {"range.contains(&4) && !range.contains(&5) && range_inclusive.contains(&5)", "true"},
	    {"duration.as_millis() == 1500 && duration.as_secs() == 1 && duration.as_secs_f64() > 1.4", "true"},
	    {"raw.is_null() || !null.is_null()", "false"},
	    {"vec == b\"sec\" && vec != b\"\\x00ec\"", "true"},
	    {"str_ == r\"str\" || string == r#\"\"\"#", "false"},
	    {"LEFT_OUT[1].1", "`LEFT_OUT`: the linker has left it out of the program, since nothing uses it"},
	    {"list.next.0.value", "2"},
	    {"arc_mutex[0]", "1"},
	    {"ref_cell + 1", "6"},
	    {"trait_box.side", "2.0"},
	    {"closure.captured", "10"},
	    {"future.doubled", "42"},
	    {"pinned == 5", "true"},
	    {"atomic_i32 < 0", "true"},
	    {"*raw", "4000000000"},
	    {"order_ref as *const Order as usize == &order as usize", "true"},
	    {"*(&order.id as *const u64)", "1"},
	    {"raw[0]", "4000000000"},
	    {"char_ as u32", "120"},
	    {"c_like as i32", "7"},
	    {"non_zero + 1", "6"},
	    {"COUNTER", "41"},
	    {"values::GREETING", "\"hello\""},
	    {"LAZY_LOCK", "LazyLock([7])"},
	    {"values::LAZY_LOCK_NOT", "LazyLock(<uninit>)"},
	    {"LAZY_LOCK[0] + 1", "8"},
	    {"LOCAL_CONST", "Cell(6)"},
	    {"values::LOCAL_LAZY.len()", "3"},
	    {"LOCAL_UNUSED", "<this thread has not used it yet>"},
	    {"$rip != 0 && $rsp as u32 % 8 == 0", "true"},
	    {"u8_ + 1", "column 5: `+` overflows u8"},
	    {"vec[3]", "index 3 is out of bounds: the length is 3"},
	    {"vec[2..9]", "range 2..9 is out of bounds: the length is 3"},
	    {"none.unwrap()", "column 6: `unwrap()`: it is None"},
	    {"order.idd", "no field `idd` in Order, which has id, name, paid"},
	    {"tagged.side", "no field `side`: the Shape is Circle, which has radius"},
	    {"*null", "null pointer"},
	    {"map[\"two\"]", "no such key in the map"},
	    {"strin", "no local `strin` here; there are `str_`, `string`, `string_empty`"},
	    {"LIMIT", NULL},
	};
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	struct dbg_eval_context context = {.space = dbg_target_space(s.d.target), .variables = s.variables, .n_variables = s.n};
	context.regs = s.frames[0].regs;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct dbg_value value;
		if (is_left_out(str_of(rows[i][0])))
			continue;
		err_t error = dbg_eval(&context, &s.d.arena, str_of(rows[i][0]), &value);
		const char *text = error ? err_text(error) : rendered(&s, value).ptr;
		if (rows[i][1])
			cr_expect_str_eq(text, rows[i][1], "%s\n   gives %s\n  wanted %s", rows[i][0], text, rows[i][1]);
		else
			cr_expect(error, "%s", rows[i][0]);
	}
	debuggee_end(&s.d);
}

Test(expressions, in_texts)
{
	static const char *const rows[][2] = {
	    {"plain", "plain"},
	    {"id {order.id}, {order.name}", "id 1, \"tea\""},
	    {"{u32_,x} {u32_ , b}", "0xee6b2800 0b11101110011010110010100000000000"},
	    {"{u32_:x} {u32_:#x} {order.id:?} {order.id :#?} {u64::MAX}", "0xee6b2800 0xee6b2800 1 1 18446744073709551615"},
	    {"{{order}} \\{order\\}", "{order} {order}"},
	    {"{map[\"one\"]}{vec.len()}", "13"},
	    {"{order.name == \"}\"} {char_ == '}'}", "false false"},
	    {"{nothing} {order.id +} x", "<no local `nothing` here; there"},
	    {"not {closed", "not {closed"},
	    {"{", "{"},
	    {"} {}", "} <the expression is empty>"},
	};
	struct stopped s = {0};
	stop_in(&s, "values", "debug", "values::main");
	struct dbg_eval_context context = {.space = dbg_target_space(s.d.target), .variables = s.variables, .n_variables = s.n};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf buf = buf_on(&s.d.arena);
		dbg_eval_template(&context, &s.d.arena, str_of(rows[i][0]), (struct dbg_render){0}, &buf);
		bool begins = rows[i][1][0] == '<' && str_starts(buf_str(&buf), str_of(rows[i][1]));
		cr_expect(begins || str_eqc(buf_str(&buf), rows[i][1]), "%s\n   gives %s\n  wanted %s", rows[i][0], buf_str(&buf).ptr,
		          rows[i][1]);
	}
	must(dbg_eval_template_check(&s.d.arena, STR("{a.b} {{ {c,x} }} d")));
	cr_expect(dbg_eval_template_check(&s.d.arena, STR("{a.b} {c")));
	cr_expect(dbg_eval_template_check(&s.d.arena, STR("{a.b +} {c}")));
	debuggee_end(&s.d);
}

// Of what was moved a condition that does not hold is passed over; one that does is told not to be known.
Test(expressions, conditions_on_what_was_moved)
{
	struct stopped s = {0};
	const struct dbg_expression *condition;
	bool holds = true;
	stop_in(&s, "values", "debug", "values::main");
	struct dbg_eval_context context = {.space = dbg_target_space(s.d.target), .variables = s.variables, .n_variables = s.n};
	must(dbg_eval_prepare(&s.d.arena, STR("moved.len() == 1"), &condition));
	must(dbg_eval_condition(&context, &s.d.arena, condition, &holds));
	cr_expect(!holds);
	must(dbg_eval_prepare(&s.d.arena, STR("moved.len() == 900"), &condition));
	err_t error = dbg_eval_condition(&context, &s.d.arena, condition, &holds);
	cr_expect_str_eq(err_text(error), "column 7: moved or dropped: its memory was freed");
	must(dbg_eval_prepare(&s.d.arena, STR("vec.len() == 3 && huge[1] == 7"), &condition));
	must(dbg_eval_condition(&context, &s.d.arena, condition, &holds));
	cr_expect(holds);
	debuggee_end(&s.d);
}
