"""cjson.decode: JSON as a Lua value.

`next_token` finds a token, the rest says what may stand where. The text is one of Lua's strings and so ends with a NUL,
where all reading stops; a NUL within ends it as well. Each level of nesting keeps places of Lua's stack, which has 8000:
that bounds the nesting of C functions, whatever the settings say.
"""

# ruff: noqa: F821
import cython
from cython import NULL, address
from cython.cimports.kvik.engine.text import BACKSLASH, MINUS, PLUS, POINT, QUOTE, ZERO, is_digit, parse_plain_double
from cython.cimports.kvik.scripting.buffer import buffer_begin, buffer_byte, buffer_put, buffer_reserve, take_turn
from cython.cimports.kvik.scripting.cjson import CJSON_ROOM, NUMBERS_TAKEN, settings_of
from cython.cimports.kvik.scripting.lua import lua, upvalue_index
from cython.cimports.libc.stdlib import strtod


def cjson_decode(L):
    d: Decoder
    n: cython.size_t = 0
    if lua.gettop(L) != 1:
        return lua.argerror(L, 1, "expected 1 argument")
    d.L = L
    d.settings = settings_of(L)
    d.begin = lua.checklstring(L, 1, address(n))
    if n >= 2 and (d.begin[0] == 0 or d.begin[1] == 0):
        return lua.error_with(L, "JSON parser does not support UTF-16 or UTF-32")
    d.p = d.begin
    d.depth = 0
    d.steps = 0
    buffer_begin(address(d.unescaped), L, upvalue_index(CJSON_ROOM))
    next_token(address(d))
    decode_value(address(d))
    next_token(address(d))
    if d.token != TOKEN_END:
        refuse_token(address(d), "the end")
    return 1


# --- what may stand where --------------------------------------------------------------------------------------------


def decode_value(d):
    """Push the value that begins with the token."""
    take_turn(d.L, address(d.steps))
    if d.token == TOKEN_STRING:
        lua.pushlstring(d.L, d.text, d.n)
    elif d.token == TOKEN_NUMBER:
        lua.pushnumber(d.L, d.number)
    elif d.token == TOKEN_OBJECT_BEGIN:
        decode_object(d)
    elif d.token == TOKEN_ARRAY_BEGIN:
        decode_array(d)
    elif d.token == TOKEN_BOOLEAN:
        lua.pushboolean(d.L, d.truth)
    elif d.token == TOKEN_NULL:
        lua.pushlightuserdata(d.L, NULL)
    else:
        refuse_token(d, "value")


def decode_object(d):
    descend(d, 3)               # the table, a key and its value
    lua.createtable(d.L, 0, 0)
    next_token(d)
    if d.token != TOKEN_OBJECT_END:
        while True:
            if d.token != TOKEN_STRING:
                refuse_token(d, "object key string")
            lua.pushlstring(d.L, d.text, d.n)
            next_token(d)
            if d.token != TOKEN_COLON:
                refuse_token(d, "colon")
            next_token(d)
            decode_value(d)
            lua.rawset(d.L, -3)
            next_token(d)
            if d.token == TOKEN_OBJECT_END:
                break
            if d.token != TOKEN_COMMA:
                refuse_token(d, "comma or object end")
            next_token(d)
    d.depth -= 1


def decode_array(d):
    i: cython.int = 0
    descend(d, 2)
    lua.createtable(d.L, 0, 0)
    next_token(d)
    if d.token != TOKEN_ARRAY_END:
        while True:
            decode_value(d)
            i += 1
            lua.rawseti(d.L, -2, i)
            next_token(d)
            if d.token == TOKEN_ARRAY_END:
                break
            if d.token != TOKEN_COMMA:
                refuse_token(d, "comma or array end")
            next_token(d)
    d.depth -= 1


def descend(d, places):
    """A level deeper, for which these places of Lua's stack are needed."""
    d.depth += 1
    if d.depth > d.settings.decode_max_depth or not lua.checkstack(d.L, places):
        lua.error_with(d.L, "Found too many nested data structures (%d) at character %d", d.depth,
                       cython.cast(cython.int, d.p - d.begin))


def refuse_token(d, expected):
    found: cython.p_const_char = d.text if d.token == TOKEN_WRONG else token_name(d.token)
    lua.error_with(d.L, "Expected %s but found %s at character %d", expected, found,
                   cython.cast(cython.int, d.at - d.begin + 1))


def token_name(token):
    names: cython.p_const_char[TOKEN_WRONG]
    names[TOKEN_OBJECT_BEGIN] = "T_OBJ_BEGIN"
    names[TOKEN_OBJECT_END] = "T_OBJ_END"
    names[TOKEN_ARRAY_BEGIN] = "T_ARR_BEGIN"
    names[TOKEN_ARRAY_END] = "T_ARR_END"
    names[TOKEN_STRING] = "T_STRING"
    names[TOKEN_NUMBER] = "T_NUMBER"
    names[TOKEN_BOOLEAN] = "T_BOOLEAN"
    names[TOKEN_NULL] = "T_NULL"
    names[TOKEN_COLON] = "T_COLON"
    names[TOKEN_COMMA] = "T_COMMA"
    names[TOKEN_END] = "T_END"
    return names[token]


# --- tokens ----------------------------------------------------------------------------------------------------------


def next_token(d):
    lenient: cython.bint = d.settings.decode_numbers == NUMBERS_TAKEN
    c: cython.char
    while d.p[0] in (32, 9, 10, 13):
        d.p += 1
    d.at = d.p
    c = d.p[0]
    if c == QUOTE:
        string_token(d)
        return
    d.token = mark_token(c)
    if d.token == TOKEN_END:                # NUL, which stays the next token
        return
    if d.token != TOKEN_WRONG:
        d.p += 1
    elif is_digit(c) or c == MINUS or (lenient and (c == PLUS or is_odd_number(d.p))):
        number_token(d)
    elif take_word(d, "null", 4):
        d.token = TOKEN_NULL
    elif take_word(d, "true", 4):
        d.token = TOKEN_BOOLEAN
        d.truth = True
    elif take_word(d, "false", 5):
        d.token = TOKEN_BOOLEAN
        d.truth = False
    else:
        wrong(d, d.p, "invalid token")


def mark_token(c):
    """Which token this byte is; TOKEN_WRONG: none by itself."""
    if c == 44:
        return TOKEN_COMMA
    if c == 58:
        return TOKEN_COLON
    if c == 123:
        return TOKEN_OBJECT_BEGIN
    if c == 125:
        return TOKEN_OBJECT_END
    if c == 91:
        return TOKEN_ARRAY_BEGIN
    if c == 93:
        return TOKEN_ARRAY_END
    if c == 0:
        return TOKEN_END
    return TOKEN_WRONG


def take_word(d, word, n):
    i: cython.size_t
    for i in range(n):
        if d.p[i] != word[i]:
            return False
    d.p += n
    return True


def wrong(d, at, what):
    d.token = TOKEN_WRONG
    d.at = at
    d.text = what


def is_odd_number(p):
    """Does it begin like infinity or NaN?"""
    return strncasecmp(p, "inf", 3) == 0 or strncasecmp(p, "nan", 3) == 0


def is_strict_number(p):
    """JSON knows no hexadecimal numbers, none with a zero in front, no infinity, no NaN. strtod finds what else is wrong."""
    if p[0] == MINUS:
        p += 1
    if p[0] == ZERO:
        return not (is_digit(p[1]) or p[1] in (120, 88))        # x X
    return not is_odd_number(p)


def number_token(d):
    end: cython.p_char = NULL
    p: cython.p_const_char = d.p
    if d.settings.decode_numbers != NUMBERS_TAKEN and not is_strict_number(p):
        wrong(d, p, "invalid number")
        return
    d.token = TOKEN_NUMBER
    if p[0] == MINUS:
        p += 1
    while (is_digit(p[0]) or p[0] == POINT) and p - d.p <= PLAIN_MAX:
        p += 1
    if p[0] not in (101, 69, 120, 88) and parse_plain_double(d.p, p - d.p, address(d.number)):      # e E x X
        d.p = p
        return
    d.number = strtod(d.p, address(end))
    if end == d.p:
        wrong(d, d.p, "invalid number")
    d.p = end


# --- strings ---------------------------------------------------------------------------------------------------------


def string_token(d):
    """Its text is what stands in the input, unless there are escapes: then it is in `unescaped`."""
    p: cython.p_const_char = d.p + 1
    end: cython.p_const_char = plain_end(p)
    d.token = TOKEN_STRING
    if end[0] == QUOTE:
        d.text = p
        d.n = end - p
        d.p = end + 1
        return
    d.unescaped.n = 0
    while end[0] == BACKSLASH:
        buffer_put(address(d.unescaped), p, end - p)
        p = take_escape(d, end)
        if p == NULL:
            return
        end = plain_end(p)
    if end[0] == 0:
        wrong(d, end, "unexpected end of string")
        return
    buffer_put(address(d.unescaped), p, end - p)
    d.text = d.unescaped.p
    d.n = d.unescaped.n
    d.p = end + 1


def plain_end(p):
    """The next quote, backslash or NUL."""
    while p[0] != QUOTE and p[0] != BACKSLASH and p[0] != 0:
        p += 1
    return p


def take_escape(d, p):
    """Take the escape whose backslash is at p; where it ends, NULL if it is none."""
    c: cython.char = p[1]
    if c == 117:                # u
        return take_code_point(d, p)
    if c == 98:                 # b
        c = 8
    elif c == 102:              # f
        c = 12
    elif c == 110:              # n
        c = 10
    elif c == 114:              # r
        c = 13
    elif c == 116:              # t
        c = 9
    elif c not in (QUOTE, BACKSLASH, 47):
        wrong(d, p, "invalid escape code")
        return NULL
    buffer_byte(address(d.unescaped), c)
    return p + 2


def take_code_point(d, p):
    """Likewise: a \\uXXXX, or two that are a pair of surrogates."""
    code: cython.int = hex_number(p + 2)
    low: cython.int
    end: cython.p_const_char = p + 6
    if 0xD800 <= code < 0xE000:
        low = hex_number(end + 2) if code < 0xDC00 and end[0] == BACKSLASH and end[1] == 117 else -1
        code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF) if 0xDC00 <= low < 0xE000 else -1
        end += 6
    if code < 0:
        wrong(d, p, "invalid unicode escape code")
        return NULL
    d.unescaped.n += put_code_point(buffer_reserve(address(d.unescaped), CODE_POINT_MAX), code)
    return end


def hex_number(p):
    """Four hexadecimal digits; -1 if they are none. Reads no further than the first byte that is none."""
    i: cython.int
    value: cython.int = 0
    for i in range(4):
        if is_digit(p[i]):
            value = value * 16 + p[i] - 48
        elif 97 <= (p[i] | 32) <= 102:
            value = value * 16 + (p[i] | 32) - 87
        else:
            return -1
    return value


def put_code_point(out, code):
    """As UTF-8; how many bytes."""
    if code < 0x80:
        out[0] = cython.cast(cython.char, code)
        return 1
    if code < 0x800:
        out[0] = cython.cast(cython.char, 0xC0 | (code >> 6))
        out[1] = cython.cast(cython.char, 0x80 | (code & 0x3F))
        return 2
    if code < 0x10000:
        out[0] = cython.cast(cython.char, 0xE0 | (code >> 12))
        out[1] = cython.cast(cython.char, 0x80 | ((code >> 6) & 0x3F))
        out[2] = cython.cast(cython.char, 0x80 | (code & 0x3F))
        return 3
    out[0] = cython.cast(cython.char, 0xF0 | (code >> 18))
    out[1] = cython.cast(cython.char, 0x80 | ((code >> 12) & 0x3F))
    out[2] = cython.cast(cython.char, 0x80 | ((code >> 6) & 0x3F))
    out[3] = cython.cast(cython.char, 0x80 | (code & 0x3F))
    return 4
