/** As much of socket.io-client 4.8 as this page uses; the vendored file sets `globalThis.io`. */
interface SocketIoEngine {
  readonly transport: { readonly name: string };
  on(event: 'upgrade', handler: () => void): void;
}

interface SocketIo {
  readonly connected: boolean;
  readonly io: { readonly engine: SocketIoEngine };
  connect(): void;
  disconnect(): void;
  emit(event: string, map: object, ack?: (answer: any) => void): void;
  on(event: string, handler: (argument: any) => void): void;
}

interface SocketIoOptions {
  autoConnect: boolean;
  reconnection: boolean;
  transports: string[];
  tryAllTransports: boolean;
  timeout: number;
}

type SocketIoFactory = (options: SocketIoOptions) => SocketIo;

declare var io: SocketIoFactory;
