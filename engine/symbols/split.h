// Split debug info. Private to engine/symbols.
#pragma once
#include <elfutils/libdw.h>

#include "base/types.h"

struct package; // a .dwp file

struct package *package_open(const char *path); // NULL: there is none, or it can't be read (logged)
void package_close(struct package *package);    // units that were followed into it stay
// The unit's DIE that a skeleton stands for, from the package (NULL: none) or its .dwo file. The strings of the
// skeleton's file must be mapped private and writable. False: it is in neither.
bool split_unit(struct package *package, Dwarf_Die *skeleton, Dwarf_Die *out);
const char *split_name(Dwarf_Die *skeleton); // of its .dwo file, as the skeleton has it; NULL: it has none
