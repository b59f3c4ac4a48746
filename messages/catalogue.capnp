@0xb1d6e0c0a7a10001;
# The annotations that make a schema the single source: owner, routing, privacy, JSON form, HTTP route, evolution.
# Ids are explicit because the compiler plugin and the JSON mapper look annotations up by id.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("bridgework::wire");

# ---- on a file
annotation owner @0xb1d6e0c0a7a10101 (file) :Text;
# The one service that publishes the events and answers the commands and queries of this file.
annotation values @0xb1d6e0c0a7a10102 (file) :Text;
# C++ namespace of the generated value types.

# ---- on a struct: what it is (exactly one; a struct with none of them is a part of others)
annotation event @0xb1d6e0c0a7a10201 (struct) :Void;
annotation command @0xb1d6e0c0a7a10202 (struct) :Void;
annotation query @0xb1d6e0c0a7a10203 (struct) :Void;
annotation reply @0xb1d6e0c0a7a10204 (struct) :Void;
annotation record @0xb1d6e0c0a7a10205 (struct) :Void;
annotation timer @0xb1d6e0c0a7a10206 (struct) :Void;
annotation effect @0xb1d6e0c0a7a10207 (struct) :Void;

annotation answers @0xb1d6e0c0a7a10301 (struct) :Text;
# On a command or query: the name of its reply struct. Default: Done.
annotation http @0xb1d6e0c0a7a10302 (struct) :Text;
# On a command or query: "POST /v1/leads/{enquiry}/claim". Path parameters and, on GET, query parameters name fields in snake_case.
annotation since @0xb1d6e0c0a7a10303 (struct, field, enumerant) :UInt16;
# The catalogue release that brought it. Absent means 1.
annotation retired @0xb1d6e0c0a7a10304 (struct, field, enumerant) :UInt16;
annotation refusals @0xb1d6e0c0a7a10305 (enum) :Void;
# On the enum that holds a service's refusals.

# ---- on a field
annotation key @0xb1d6e0c0a7a10401 (field) :Void;
# Routes the message: the lane is xxh64(text up to the first '.') % 64. Ids carry their owner's key as a prefix before a dot,
# so an enquiry or a task routes itself to its person and an appointment to its site. Implies required.
annotation id @0xb1d6e0c0a7a10402 (field) :Text;
# On Text or List(Text): the C++ id type, "PersonId".
annotation phi @0xb1d6e0c0a7a10403 (field) :Void;
# Says something about a person: Phi<T> in C++ (cannot be logged), removed on the Live stream.
annotation pseudonym @0xb1d6e0c0a7a10404 (field) :Void;
# Identifies a person: replaced by a keyed hash on the Live stream.
annotation instant @0xb1d6e0c0a7a10405 (field) :Void;
# On Int64: microseconds since 1970-01-01T00:00Z, 0 is absent when $optional; RFC 3339 in JSON.
annotation day @0xb1d6e0c0a7a10406 (field) :Void;
# On Int32: days since 1970-01-01 of a local calendar; "2026-11-22" in JSON. Absent ($optional) is -2147483648.
annotation local @0xb1d6e0c0a7a10407 (field) :Void;
# On Int64: seconds since 1970-01-01T00:00 of a local wall clock; "2026-11-22T09:00:00" in JSON. Absent ($optional) is the smallest Int64.
annotation optional @0xb1d6e0c0a7a10408 (field) :Void;
# On $instant, $day, $local or a struct: std::optional.
annotation required @0xb1d6e0c0a7a10409 (field) :Void;
# On Text: not empty. On List: at least one.
annotation maxBytes @0xb1d6e0c0a7a1040a (field) :UInt32;
# On Text or Data; default 1024.
annotation maxItems @0xb1d6e0c0a7a1040b (field) :UInt32;
# On List; default 4096.
annotation newId @0xb1d6e0c0a7a1040c (field) :Text;
# The gateway fills it when the request leaves it out: the template, {field} replaced, and a suffix that is a function of
# principal, route and Idempotency-Key, so that a repeated request names the same thing.
annotation principal @0xb1d6e0c0a7a1040d (field) :Void;
# The gateway fills it with the caller's name when the request leaves it out.
annotation range @0xb1d6e0c0a7a1040e (field) :Range;
# On numbers: inclusive limits.
struct Range { min @0 :Int64; max @1 :Int64; }
