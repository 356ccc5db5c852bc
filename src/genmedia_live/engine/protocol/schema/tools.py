"""Tools that a client may give the model. Functions are called; what would reach the internet is not."""

from __future__ import annotations

from genmedia_live.engine.protocol.schema import enums
from genmedia_live.engine.protocol.schema.fields import SELF, ignored, listed, mapped, message, unheeded
from genmedia_live.engine.protocol.schema.kinds import BOOL, DURATION, FLOAT, INT32, INT64, STRING, STRUCT, TIMESTAMP, VALUE

NO_SEARCH = "there is nothing to search offline"
NO_SANDBOX = "the local model does not run code"
NO_COMPUTER = "the local model does not use a computer"
NO_MCP = "the engine calls nobody: a client calls its MCP servers and declares their functions"
RESULTS_SPEAK = "results are told to the model as they come"

SECRET_KEY = unheeded("ApiAuthApiKeyConfig", NO_SEARCH, apiKeySecretVersion=STRING, apiKeyString=STRING)
API_AUTH = unheeded("ApiAuth", NO_SEARCH, apiKeyConfig=SECRET_KEY)
KEY = unheeded(
    "ApiKeyConfig",
    NO_SEARCH,
    apiKeySecret=STRING,
    apiKeyString=STRING,
    httpElementLocation=enums.HTTP_ELEMENT_LOCATION,
    name=STRING,
)
SERVICE_ACCOUNT = unheeded("AuthConfigGoogleServiceAccountConfig", NO_SEARCH, serviceAccount=STRING)
BASIC_AUTH = unheeded("AuthConfigHttpBasicAuthConfig", NO_SEARCH, credentialSecret=STRING)
OAUTH = unheeded("AuthConfigOauthConfig", NO_SEARCH, accessToken=STRING, serviceAccount=STRING)
OIDC = unheeded("AuthConfigOidcConfig", NO_SEARCH, idToken=STRING, serviceAccount=STRING)
AUTH = unheeded(
    "AuthConfig",
    NO_SEARCH,
    apiKey=STRING,
    apiKeyConfig=KEY,
    authType=enums.AUTH_TYPE,
    googleServiceAccountConfig=SERVICE_ACCOUNT,
    httpBasicAuthConfig=BASIC_AUTH,
    oauthConfig=OAUTH,
    oidcConfig=OIDC,
)
ELASTIC_SEARCH = unheeded("ExternalApiElasticSearchParams", NO_SEARCH, index=STRING, numHits=INT32, searchTemplate=STRING)
SIMPLE_SEARCH = unheeded("ExternalApiSimpleSearchParams", NO_SEARCH)
EXTERNAL_API = unheeded(
    "ExternalApi",
    NO_SEARCH,
    apiAuth=API_AUTH,
    apiSpec=enums.API_SPEC,
    authConfig=AUTH,
    elasticSearchParams=ELASTIC_SEARCH,
    endpoint=STRING,
    simpleSearchParams=SIMPLE_SEARCH,
)
DATA_STORE = unheeded("VertexAISearchDataStoreSpec", NO_SEARCH, dataStore=STRING, filter=STRING)
VERTEX_SEARCH = unheeded(
    "VertexAISearch",
    NO_SEARCH,
    dataStoreSpecs=listed(DATA_STORE),
    datastore=STRING,
    engine=STRING,
    filter=STRING,
    maxResults=INT32,
)
RAG_RESOURCE = unheeded("VertexRagStoreRagResource", NO_SEARCH, ragCorpus=STRING, ragFileIds=listed(STRING))
RAG_FILTER = unheeded(
    "RagRetrievalConfigFilter", NO_SEARCH, metadataFilter=STRING, vectorDistanceThreshold=FLOAT, vectorSimilarityThreshold=FLOAT
)
HYBRID_SEARCH = unheeded("RagRetrievalConfigHybridSearch", NO_SEARCH, alpha=FLOAT)
LLM_RANKER = unheeded("RagRetrievalConfigRankingLlmRanker", NO_SEARCH, modelName=STRING)
RANK_SERVICE = unheeded("RagRetrievalConfigRankingRankService", NO_SEARCH, modelName=STRING)
RANKING = unheeded("RagRetrievalConfigRanking", NO_SEARCH, llmRanker=LLM_RANKER, rankService=RANK_SERVICE)
RAG_RETRIEVAL = unheeded(
    "RagRetrievalConfig", NO_SEARCH, filter=RAG_FILTER, hybridSearch=HYBRID_SEARCH, ranking=RANKING, topK=INT32
)
RAG_STORE = unheeded(
    "VertexRagStore",
    NO_SEARCH,
    ragCorpora=listed(STRING),
    ragResources=listed(RAG_RESOURCE),
    ragRetrievalConfig=RAG_RETRIEVAL,
    similarityTopK=INT32,
    storeContext=BOOL,
    vectorDistanceThreshold=FLOAT,
)
RETRIEVAL = unheeded(
    "Retrieval",
    NO_SEARCH,
    disableAttribution=BOOL,
    externalApi=EXTERNAL_API,
    vertexAiSearch=VERTEX_SEARCH,
    vertexRagStore=RAG_STORE,
)
COMPUTER_USE = unheeded(
    "ComputerUse",
    NO_COMPUTER,
    environment=enums.ENVIRONMENT,
    excludedPredefinedFunctions=listed(STRING),
    enablePromptInjectionDetection=BOOL,
    disabledSafetyPolicies=listed(enums.SAFETY_POLICY),
)
FILE_SEARCH = unheeded("FileSearch", NO_SEARCH, fileSearchStoreNames=listed(STRING), topK=INT32, metadataFilter=STRING)
WEB_SEARCH = unheeded("WebSearch", NO_SEARCH)
IMAGE_SEARCH = unheeded("ImageSearch", NO_SEARCH)
SEARCH_TYPES = unheeded("SearchTypes", NO_SEARCH, webSearch=WEB_SEARCH, imageSearch=IMAGE_SEARCH)
INTERVAL = unheeded("Interval", NO_SEARCH, endTime=TIMESTAMP, startTime=TIMESTAMP)
GOOGLE_SEARCH = unheeded(
    "GoogleSearch",
    NO_SEARCH,
    searchTypes=SEARCH_TYPES,
    blockingConfidence=enums.PHISH_BLOCK_THRESHOLD,
    excludeDomains=listed(STRING),
    timeRangeFilter=INTERVAL,
)
PLACES = unheeded("GoogleMapsPlaces", NO_SEARCH)
ROUTING = unheeded("GoogleMapsRouting", NO_SEARCH)
MAPS_GROUNDING = unheeded("GoogleMapsGroundingTypes", NO_SEARCH, places=PLACES, routing=ROUTING)
GOOGLE_MAPS = unheeded("GoogleMaps", NO_SEARCH, authConfig=AUTH, enableWidget=BOOL, groundingTypes=MAPS_GROUNDING)
CODE_EXECUTION = unheeded("ToolCodeExecution", NO_SANDBOX)
ENTERPRISE_WEB_SEARCH = unheeded(
    "EnterpriseWebSearch", NO_SEARCH, blockingConfidence=enums.PHISH_BLOCK_THRESHOLD, excludeDomains=listed(STRING)
)
SCHEMA = message(
    "Schema",
    additionalProperties=VALUE,
    defs=mapped(SELF),
    ref=STRING,
    anyOf=listed(SELF),
    default=VALUE,
    description=STRING,
    enum=listed(STRING),
    example=VALUE,
    format=STRING,
    items=SELF,
    maxItems=INT64,
    maxLength=INT64,
    maxProperties=INT64,
    maximum=FLOAT,
    minItems=INT64,
    minLength=INT64,
    minProperties=INT64,
    minimum=FLOAT,
    nullable=BOOL,
    pattern=STRING,
    properties=mapped(SELF),
    propertyOrdering=listed(STRING),
    required=listed(STRING),
    title=STRING,
    type=enums.TYPE,
)
FUNCTION_DECLARATION = message(
    "FunctionDeclaration",
    description=STRING,
    name=STRING,
    parameters=SCHEMA,
    parametersJsonSchema=VALUE,
    response=ignored(SCHEMA, RESULTS_SPEAK),
    responseJsonSchema=ignored(VALUE, RESULTS_SPEAK),
    behavior=enums.BEHAVIOR,
)
DYNAMIC_RETRIEVAL = unheeded(
    "DynamicRetrievalConfig", NO_SEARCH, dynamicThreshold=FLOAT, mode=enums.DYNAMIC_RETRIEVAL_CONFIG_MODE
)
GOOGLE_SEARCH_RETRIEVAL = unheeded("GoogleSearchRetrieval", NO_SEARCH, dynamicRetrievalConfig=DYNAMIC_RETRIEVAL)
PARALLEL_SEARCH = unheeded(
    "ToolParallelAiSearch", NO_SEARCH, apiKey=STRING, customConfigs=STRUCT, enableDataRetention=BOOL, enableZeroDataRetention=BOOL
)
URL_CONTEXT = unheeded("UrlContext", NO_SEARCH)
HTTP_TRANSPORT = unheeded(
    "StreamableHttpTransport",
    NO_MCP,
    headers=mapped(STRING),
    sseReadTimeout=DURATION,
    terminateOnClose=BOOL,
    timeout=DURATION,
    url=STRING,
)
MCP_SERVER = unheeded("McpServer", NO_MCP, name=STRING, streamableHttpTransport=HTTP_TRANSPORT)
EXA_SEARCH = unheeded("ToolExaAiSearch", NO_SEARCH, apiKey=STRING, customConfigs=STRUCT)
TOOL = message(
    "Tool",
    retrieval=ignored(RETRIEVAL, NO_SEARCH),
    computerUse=ignored(COMPUTER_USE, NO_COMPUTER),
    fileSearch=ignored(FILE_SEARCH, NO_SEARCH),
    googleSearch=ignored(GOOGLE_SEARCH, NO_SEARCH),
    googleMaps=ignored(GOOGLE_MAPS, NO_SEARCH),
    codeExecution=ignored(CODE_EXECUTION, NO_SANDBOX),
    enterpriseWebSearch=ignored(ENTERPRISE_WEB_SEARCH, NO_SEARCH),
    functionDeclarations=listed(FUNCTION_DECLARATION),
    googleSearchRetrieval=ignored(GOOGLE_SEARCH_RETRIEVAL, NO_SEARCH),
    parallelAiSearch=ignored(PARALLEL_SEARCH, NO_SEARCH),
    urlContext=ignored(URL_CONTEXT, NO_SEARCH),
    mcpServers=ignored(listed(MCP_SERVER), NO_MCP),
    exaAiSearch=ignored(EXA_SEARCH, NO_SEARCH),
)
