// Names of DWARF operations and registers, for messages. Private to engine/symbols.
#pragma once
#include "base/types.h"

const char *dwarf_op_name(u8 atom);
const char *dwarf_register_name(unsigned number); // x86-64
