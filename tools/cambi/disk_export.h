/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What lies where in an export; entries come in this order, which is that of their names. */
#pragma once

#define EXPORT_FORMAT "FORMAT"
#define EXPORT_VERSION "CambiOS objects 1\n"
#define EXPORT_NAMES "names/"     /* then the owner's AID in hexadecimal: records, one after the other */
#define EXPORT_OBJECTS "objects/" /* then hash, "/", the author's AID: */
#define EXPORT_CERTIFICATE "/certificate" /* birth and what followed: all that was signed */
#define EXPORT_CONTENT "/content"
#define EXPORT_PATH_MAX 160u
