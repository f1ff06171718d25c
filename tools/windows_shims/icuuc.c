/* Wine 8 has no icuuc.dll, which Qt 6.11 links. No converter can be opened with this one: Qt does without then. */
#include <windows.h>

#define NOTHING(name) __declspec(dllexport) void *name(void) { return 0; }

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved) { return TRUE; }

__declspec(dllexport) void *ucnv_open(const char *name, int *error)
{
    if (error)
        *error = 16; /* U_UNSUPPORTED_ERROR */
    return 0;
}

__declspec(dllexport) signed char ucnv_getMaxCharSize(void *converter) { return 4; }
__declspec(dllexport) const char *ucnv_getName(void *converter, int *error) { return ""; }

NOTHING(ucnv_close)
NOTHING(ucnv_reset)
NOTHING(UCNV_FROM_U_CALLBACK_SUBSTITUTE)
NOTHING(UCNV_TO_U_CALLBACK_SUBSTITUTE)
NOTHING(ucnv_getToUCallBack)
NOTHING(ucnv_getFromUCallBack)
NOTHING(ucnv_setToUCallBack)
NOTHING(ucnv_setFromUCallBack)
NOTHING(ucnv_cbToUWriteUChars)
NOTHING(ucnv_toUnicode)
NOTHING(ucnv_cbFromUWriteUChars)
NOTHING(ucnv_fromUnicode)
NOTHING(ucnv_toUCountPending)
NOTHING(ucnv_fromUCountPending)
NOTHING(ucnv_getStandardName)
NOTHING(ucnv_getAvailableName)
NOTHING(ucnv_countAvailable)
