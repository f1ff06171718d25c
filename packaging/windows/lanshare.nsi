; The installer for Windows: per user, no administrator. makensis -DVERSION=… -DSOURCE=… -DOUTPUT=… lanshare.nsi
; Removing it leaves the profile (%APPDATA% and %LOCALAPPDATA%): the key, the history and the settings are a person's own.
; A 64-bit starter: lanshare is 64-bit too, and a Wine without 32-bit libraries can run it.
Target amd64-unicode
!include MUI2.nsh
!include WinVer.nsh
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\lanshare"
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"

Name "lanshare"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\lanshare"
InstallDirRegKey HKCU "${KEY}" "InstallLocation"
RequestExecutionLevel user
SetCompressor /SOLID lzma
ManifestDPIAware true
VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName lanshare
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey FileDescription "Send files and messages on your own network"
VIAddVersionKey LegalCopyright "MIT licence"
VIAddVersionKey ProductVersion "${VERSION}"

!define MUI_ICON "${SOURCE}\..\lanshare.ico"
!define MUI_UNICON "${SOURCE}\..\lanshare.ico"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\lanshare-window.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English
!insertmacro MUI_LANGUAGE German

; A lanshare that runs holds its files open: nothing is installed over it, and nothing of it removed. The window and the
; console program are two; either holds what both need.
!macro refuse_if_running what
  ClearErrors
  IfFileExists "$INSTDIR\${what}" 0 +7
  FileOpen $0 "$INSTDIR\${what}" a
  IfErrors 0 +4
  MessageBox MB_OK|MB_ICONEXCLAMATION "lanshare is running. Quit it from its icon near the clock, then try again. Nothing was changed." /SD IDOK
  SetErrorLevel 2
  Quit
  FileClose $0
!macroend

; What Qt 6 needs; 17763 is version 1809.
!define OLDEST 17763

Function .onInit
  ${IfNot} ${AtLeastWin10}
  ${OrIfNot} ${AtLeastBuild} ${OLDEST}
    MessageBox MB_OK|MB_ICONEXCLAMATION "lanshare needs Windows 10, version 1809, or later. Nothing was changed." /SD IDOK
    SetErrorLevel 3
    Quit
  ${EndIf}
FunctionEnd

Section "lanshare" main
  SectionIn RO
  !insertmacro refuse_if_running lanshare.exe
  !insertmacro refuse_if_running lanshare-window.exe
  ; What an older version of ours left is not mixed with the new one; a folder of somebody else is left as it is.
  IfFileExists "$INSTDIR\lanshare-window.exe" 0 +2
  RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  File /r "${SOURCE}\*"
  CreateShortcut "$SMPROGRAMS\lanshare.lnk" "$INSTDIR\lanshare-window.exe"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "${KEY}" DisplayName "lanshare"
  WriteRegStr HKCU "${KEY}" DisplayVersion "${VERSION}"
  WriteRegStr HKCU "${KEY}" DisplayIcon "$INSTDIR\lanshare-window.exe"
  WriteRegStr HKCU "${KEY}" Publisher "The lanshare authors"
  WriteRegStr HKCU "${KEY}" InstallLocation "$INSTDIR"
  WriteRegStr HKCU "${KEY}" UninstallString '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" QuietUninstallString '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" NoModify 1
  WriteRegDWORD HKCU "${KEY}" NoRepair 1
SectionEnd

Section "Send to menu" sendto
  CreateShortcut "$SENDTO\lanshare.lnk" "$INSTDIR\lanshare-window.exe"
SectionEnd

Section /o "Start when I log in" login
  WriteRegStr HKCU "${RUN}" lanshare '"$INSTDIR\lanshare-window.exe" --hidden'
SectionEnd

Section Uninstall
  !insertmacro refuse_if_running lanshare.exe
  !insertmacro refuse_if_running lanshare-window.exe
  ; The devices in "Send to": lanshare knows its own by their mark; a shortcut of somebody else may have such a name.
  nsExec::Exec /TIMEOUT=20000 '"$INSTDIR\lanshare.exe" integrate --remove'
  Pop $0
  Delete "$SENDTO\lanshare.lnk"
  DeleteRegKey HKCU "Software\lanshare"
  Delete "$SMPROGRAMS\lanshare.lnk"
  DeleteRegValue HKCU "${RUN}" lanshare
  DeleteRegKey HKCU "${KEY}"
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\lanshare.exe"
  Delete "$INSTDIR\lanshare-window.exe"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
SectionEnd
