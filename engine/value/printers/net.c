// Addresses of the network as their Display writes them. The octets are the first member's bytes.
#include "engine/value/printer.h"

#include <arpa/inet.h>

static bool put_octets(struct buf *buf, struct dbg_value address, int family, size_t size)
{
	u8 octets[16];
	char text[INET6_ADDRSTRLEN];
	err_t error = dbg_value_ok(address) && address.type->size == size ? dbg_value_read(address, octets, size) : NULL;
	if (error || !dbg_value_ok(address) || address.type->size != size || !inet_ntop(family, octets, text, sizeof(text)))
		return false;
	buf_puts(buf, text);
	return true;
}

static bool ipv4(struct buf *buf, struct dbg_value value)
{
	return put_octets(buf, value, AF_INET, 4);
}
static bool ipv6(struct buf *buf, struct dbg_value value)
{
	return put_octets(buf, value, AF_INET6, 16);
}

// SocketAddrV4 {ip, port}; before 1.64 {inner: sockaddr_in}, SocketAddrV6 {inner: sockaddr_in6}, with the port as it is sent.
static bool socket_parts(struct dbg_value value, struct dbg_value *ip, u64 *port)
{
	static const struct {
		const char *ip, *port;
	} forms[] = {{"sin_addr", "sin_port"}, {"sin6_addr", "sin6_port"}};
	struct dbg_value inner = dbg_value_member(value, "inner");
	*ip = dbg_value_member(value, "ip");
	if (dbg_value_get(dbg_value_member(value, "port"), port))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		*ip = dbg_value_member(inner, forms[i].ip);
		if (dbg_value_get(dbg_value_member(inner, forms[i].port), port)) {
			*port = ntohs((u16)*port);
			return true;
		}
	}
	return false;
}

static bool put_socket(struct buf *buf, struct dbg_value value, int family, size_t size, const char *open, const char *close)
{
	u64 port;
	struct dbg_value ip;
	struct buf text = buf_on(buf->arena);
	buf_puts(&text, open);
	if (!socket_parts(value, &ip, &port) || !put_octets(&text, ip, family, size))
		return false;
	buf_printf(buf, "%.*s%s:%llu", STRF(buf_str(&text)), close, (unsigned long long)port);
	return true;
}

static bool socket_v4(struct buf *buf, struct dbg_value value)
{
	return put_socket(buf, value, AF_INET, 4, "", "");
}
static bool socket_v6(struct buf *buf, struct dbg_value value)
{
	return put_socket(buf, value, AF_INET6, 16, "[", "]");
}

const struct printer printer_ipv4 = {.text = ipv4};
const struct printer printer_ipv6 = {.text = ipv6};
const struct printer printer_socket_v4 = {.text = socket_v4};
const struct printer printer_socket_v6 = {.text = socket_v6};
