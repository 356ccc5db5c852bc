"""What a model cites when it has searched. The engine has nothing to search, so it sends none of this."""

from __future__ import annotations

from genmedia_live.engine.protocol.schema import enums
from genmedia_live.engine.protocol.schema.fields import listed, unsent
from genmedia_live.engine.protocol.schema.kinds import BYTES, DURATION, FLOAT, INT32, STRING

NO_SEARCH = "nothing is searched, so nothing is cited"

IMAGE = unsent("GroundingChunkImage", NO_SEARCH, sourceUri=STRING, imageUri=STRING, title=STRING, domain=STRING)
REVIEWER = unsent(
    "GroundingChunkMapsPlaceAnswerSourcesAuthorAttribution", NO_SEARCH, displayName=STRING, photoUri=STRING, uri=STRING
)
REVIEW = unsent(
    "GroundingChunkMapsPlaceAnswerSourcesReviewSnippet",
    NO_SEARCH,
    authorAttribution=REVIEWER,
    flagContentUri=STRING,
    googleMapsUri=STRING,
    relativePublishTimeDescription=STRING,
    review=STRING,
    reviewId=STRING,
    title=STRING,
)
PLACE_SOURCES = unsent(
    "GroundingChunkMapsPlaceAnswerSources",
    NO_SEARCH,
    reviewSnippet=listed(REVIEW),
    flagContentUri=STRING,
    reviewSnippets=listed(REVIEW),
)
ROUTE = unsent("GroundingChunkMapsRoute", NO_SEARCH, distanceMeters=INT32, duration=DURATION, encodedPolyline=STRING)
MAPS = unsent(
    "GroundingChunkMaps",
    NO_SEARCH,
    placeAnswerSources=PLACE_SOURCES,
    placeId=STRING,
    text=STRING,
    title=STRING,
    uri=STRING,
    route=ROUTE,
)
PAGE_SPAN = unsent("RagChunkPageSpan", NO_SEARCH, firstPage=INT32, lastPage=INT32)
RAG_CHUNK = unsent("RagChunk", NO_SEARCH, pageSpan=PAGE_SPAN, text=STRING, chunkId=STRING, fileId=STRING)
STRING_LIST = unsent("GroundingChunkStringList", NO_SEARCH, values=listed(STRING))
CUSTOM_METADATA = unsent(
    "GroundingChunkCustomMetadata", NO_SEARCH, key=STRING, numericValue=FLOAT, stringListValue=STRING_LIST, stringValue=STRING
)
RETRIEVED = unsent(
    "GroundingChunkRetrievedContext",
    NO_SEARCH,
    documentName=STRING,
    ragChunk=RAG_CHUNK,
    text=STRING,
    title=STRING,
    uri=STRING,
    customMetadata=listed(CUSTOM_METADATA),
    fileSearchStore=STRING,
    pageNumber=INT32,
    mediaId=STRING,
)
WEB = unsent("GroundingChunkWeb", NO_SEARCH, domain=STRING, title=STRING, uri=STRING)
CHUNK = unsent("GroundingChunk", NO_SEARCH, image=IMAGE, maps=MAPS, retrievedContext=RETRIEVED, web=WEB)
SEGMENT = unsent("Segment", NO_SEARCH, startIndex=INT32, endIndex=INT32, partIndex=INT32, text=STRING)
SUPPORT = unsent(
    "GroundingSupport",
    NO_SEARCH,
    confidenceScores=listed(FLOAT),
    groundingChunkIndices=listed(INT32),
    segment=SEGMENT,
    renderedParts=listed(INT32),
)
RETRIEVAL_METADATA = unsent("RetrievalMetadata", NO_SEARCH, googleSearchDynamicRetrievalScore=FLOAT)
SEARCH_ENTRY_POINT = unsent("SearchEntryPoint", NO_SEARCH, renderedContent=STRING, sdkBlob=BYTES)
FLAGGING_URI = unsent("GroundingMetadataSourceFlaggingUri", NO_SEARCH, flagContentUri=STRING, sourceId=STRING)
GROUNDING_METADATA = unsent(
    "GroundingMetadata",
    NO_SEARCH,
    imageSearchQueries=listed(STRING),
    groundingChunks=listed(CHUNK),
    groundingSupports=listed(SUPPORT),
    retrievalMetadata=RETRIEVAL_METADATA,
    searchEntryPoint=SEARCH_ENTRY_POINT,
    webSearchQueries=listed(STRING),
    googleMapsWidgetContextToken=STRING,
    retrievalQueries=listed(STRING),
    sourceFlaggingUris=listed(FLAGGING_URI),
)
URL_METADATA = unsent("UrlMetadata", NO_SEARCH, retrievedUrl=STRING, urlRetrievalStatus=enums.URL_RETRIEVAL_STATUS)
URL_CONTEXT_METADATA = unsent("UrlContextMetadata", NO_SEARCH, urlMetadata=listed(URL_METADATA))
