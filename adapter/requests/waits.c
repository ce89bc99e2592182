// stackful/waits: who waits for whom, as a graph: tasks and threads, the waits between them, and the waits that close
// into cycles.
//
// A server has ten thousand tasks at one lock. Those that nobody waits for, of the same root future, at the same await,
// for the same thing, are told as one with a count; the rest is cut at `count`, and what is in a cycle comes first.
#include "adapter/dispatch.h"
#include "adapter/parties.h"
#include "adapter/sourcemap.h"
#include "adapter/waits_json.h"

enum { WAITS = 500, MOST = 5000, HOLDERS = 8 };

struct graph {
	struct dap_session *session;
	const struct tk_waits *waits;
	const struct tk_deadlock *cycles;
	size_t n_cycles;
	bool *holds;    // a party: someone waits for it
	size_t *own;    // a party: how many waits it has
	bool *in_cycle; // a wait
	size_t *leads;  // a wait of a cycle: the party of the next one there
	size_t *alike;  // a wait: how many it stands for; 0: another stands for it
	size_t *number; // a wait: its place among the edges
	size_t *node;   // a party: its number among the nodes, plus one
	size_t n_nodes;
	struct cJSON *nodes;
};

// ---- those that are alike

struct likeness {
	struct str root;
	const struct tk_wait *wait;
};

// By all but the waiter; what is equal is alike.
static int compare(const struct likeness *a, const struct likeness *b)
{
	int order = str_cmp(a->root, b->root);
	order = order ? order : str_cmp(a->wait->at.file, b->wait->at.file);
	if (order)
		return order;
	if (a->wait->at.line != b->wait->at.line)
		return a->wait->at.line < b->wait->at.line ? -1 : 1;
	if (a->wait->resource != b->wait->resource)
		return a->wait->resource < b->wait->resource ? -1 : 1;
	return (int)a->wait->kept - (int)b->wait->kept;
}

static int by_likeness(const void *left, const void *right)
{
	const struct likeness *a = left, *b = right;
	int order = compare(a, b);
	return order ? order : a->wait < b->wait ? -1 : a->wait > b->wait;
}

static void find_alike(struct graph *graph)
{
	const struct tk_waits *waits = graph->waits;
	struct likeness *lone = NEW_N(&graph->session->turn, struct likeness, waits->n + 1);
	size_t n = 0;
	for (size_t i = 0; i < waits->n; i++) {
		const struct tk_wait *wait = &waits->items[i];
		graph->alike[i] = 1;
		if (wait->waiter < waits->snapshot->n_tasks && !graph->holds[wait->waiter] && graph->own[wait->waiter] == 1 &&
		    !graph->in_cycle[i])
			lone[n++] = (struct likeness){waits->snapshot->tasks[wait->waiter].name, wait};
	}
	vec_sort(lone, n, sizeof(*lone), by_likeness);
	for (size_t first = 0, i = 1; i < n; i++) {
		if (compare(&lone[first], &lone[i]) != 0) {
			first = i;
			continue;
		}
		graph->alike[lone[first].wait - waits->items]++;
		graph->alike[lone[i].wait - waits->items] = 0;
	}
}

// ---- nodes and edges

static size_t node_of(struct graph *graph, size_t party, size_t count)
{
	if (!graph->node[party]) {
		struct cJSON *node = json_add_object(graph->nodes);
		dap_party_put(graph->session, node, party);
		json_set_number(node, "count", (i64)count);
		graph->node[party] = ++graph->n_nodes;
	}
	return graph->node[party] - 1;
}

static void put_holder(struct graph *graph, struct cJSON *out, const struct tk_holder *holder)
{
	static const char *const parts[] = {[TK_HAS_ALL] = "all",
	                                    [TK_HAS_SHARE] = "share",
	                                    [TK_HAS_SENDER] = "sender",
	                                    [TK_HAS_RECEIVER] = "receiver",
	                                    [TK_HAS_TASK] = "task"};
	json_set_number(out, "to", (i64)node_of(graph, holder->party, 1));
	json_set_text(out, "part", str_of(parts[holder->part]));
	json_set_text(out, "how", holder->how);
}

static void put_edge(struct graph *graph, struct cJSON *edge, size_t index)
{
	const struct tk_wait *wait = &graph->waits->items[index];
	json_set_number(edge, "from", (i64)node_of(graph, wait->waiter, graph->alike[index]));
	waits_json_put(edge, wait, &graph->session->turn);
	dap_sourcemap_put_place(graph->session, edge, wait->at);
	struct cJSON *holders = json_set_array(edge, "holders");
	size_t told = 0;
	for (int leading = 1; leading >= 0; leading--) // of a cycle's the one that leads to the next first: it is never cut off
		for (size_t i = 0; i < wait->n_holders && told < HOLDERS; i++)
			if ((graph->in_cycle[index] && wait->holders[i].party == graph->leads[index]) == (leading == 1)) {
				put_holder(graph, json_add_object(holders), &wait->holders[i]);
				told++;
			}
	if (told < wait->n_holders)
		json_set_number(edge, "moreHolders", (i64)(wait->n_holders - told));
}

// Numbers the waits that are told: those of cycles first. The number of them.
static size_t order(struct graph *graph, size_t *sorted)
{
	size_t n = 0;
	for (int cycles = 1; cycles >= 0; cycles--) {
		for (size_t i = 0; i < graph->waits->n; i++) {
			if (!graph->alike[i] || graph->in_cycle[i] != (cycles == 1))
				continue;
			graph->number[i] = n;
			sorted[n++] = i;
		}
	}
	return n;
}

static void look(struct graph *graph)
{
	const struct tk_waits *waits = graph->waits;
	for (size_t i = 0; i < waits->n; i++) {
		graph->own[waits->items[i].waiter]++;
		for (size_t k = 0; k < waits->items[i].n_holders; k++)
			graph->holds[waits->items[i].holders[k].party] = true;
	}
	for (size_t i = 0; i < graph->n_cycles; i++)
		for (size_t k = 0; k < graph->cycles[i].n; k++) {
			size_t wait = (size_t)(graph->cycles[i].waits[k] - waits->items);
			graph->in_cycle[wait] = true;
			graph->leads[wait] = graph->cycles[i].waits[(k + 1) % graph->cycles[i].n]->waiter;
		}
}

err_t req_stackful_waits(struct dap_session *session, struct json_in args, struct cJSON *body)
{
	struct tk_snapshot *snapshot;
	i64 count;
	TRY(json_number_or(json_member(args, "count"), 1, MOST, WAITS, &count));
	TRY(dap_session_snapshot(session, &snapshot));
	struct arena *turn = &session->turn;
	struct tk_deadlock *cycles;
	struct graph graph = {.session = session, .waits = tk_waits_find(snapshot)};
	graph.n_cycles = tk_deadlocks_find(graph.waits, turn, &cycles);
	graph.cycles = cycles;
	size_t parties = snapshot->n_tasks + snapshot->n_threads, n = graph.waits->n;
	graph.holds = NEW_N(turn, bool, parties + 1);
	graph.own = NEW_N(turn, size_t, parties + 1);
	graph.node = NEW_N(turn, size_t, parties + 1);
	graph.in_cycle = NEW_N(turn, bool, n + 1);
	graph.leads = NEW_N(turn, size_t, n + 1);
	graph.alike = NEW_N(turn, size_t, n + 1);
	graph.number = NEW_N(turn, size_t, n + 1);
	look(&graph);
	find_alike(&graph);
	size_t *sorted = NEW_N(turn, size_t, n + 1);
	size_t total = order(&graph, sorted);
	json_set_number(body, "total", (i64)total);
	graph.nodes = json_set_array(body, "nodes");
	struct cJSON *edges = json_set_array(body, "edges");
	size_t told = total < (size_t)count ? total : (size_t)count;
	for (size_t i = 0; i < told; i++)
		put_edge(&graph, json_add_object(edges), sorted[i]);
	size_t whole = 0; // cycles whose edges were all told: a client must find what it is pointed to
	for (size_t i = 0; i < graph.n_cycles; i++) {
		bool all = true;
		for (size_t k = 0; k < cycles[i].n; k++)
			all = all && graph.number[cycles[i].waits[k] - graph.waits->items] < told;
		if (all)
			cycles[whole++] = cycles[i];
	}
	waits_json_put_cycles(body, "cycles", graph.waits, cycles, whole, graph.number);
	return NULL;
}
